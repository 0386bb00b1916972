import type { Bot } from '../walk/bot.ts';

/** How large a full position is, in a sentence; undefined where every market has the same share of equity. */
export function sizingWords({ sizing }: Bot): string | undefined {
  switch (sizing?.kind) {
    case undefined:
    case 'fraction':
    case 'equal':
      return undefined;
    case 'amount':
      return `A full position is entered with ${sizing.amount} of the quote currency and keeps its quantity.`;
    case 'volatility':
      return `A full position takes the part of its market's share of equity that had a volatility of ${percent(sizing.target)} a year over ${memoryWords(sizing)}, at most ${percent(sizing.most ?? 1)}.`;
    case 'kelly':
      return `A full position takes ${percent(sizing.fraction ?? 0.5)} of the Kelly share, expected return over variance, of its market's share of equity, at most ${percent(sizing.most ?? 1)}; variances are of ${memoryWords(sizing)}.`;
    case 'risk':
      return `A full position loses ${percent(sizing.risk)} of equity at its nearest stop, costs and gaps aside, takes at most ${percent(sizing.most ?? 1)} of its market's share of equity, and keeps its quantity.`;
    case 'inverse-volatility':
      return `The markets divide ${percent(sizing.of ?? 1)} of equity in inverse proportion to their volatility over ${memoryWords(sizing)}.`;
    case 'weights':
      return `The markets divide equity by fixed weights: ${Object.entries(sizing.weights)
        .map(([market, weight]) => `${market} ${percent(weight)}`)
        .join(', ')}.`;
    case 'portfolio-volatility':
      return `All positions are scaled by one factor for a volatility of the account of ${percent(sizing.target)} a year, by the covariances of the last ${sizing.window ?? 60} bars, and sum to at most ${percent(sizing.most ?? 1)} of equity; before, ${sizing.base === 'inverse-volatility' ? 'they are in inverse proportion to volatility' : 'each has the same share'}.`;
  }
}

function memoryWords({ window = 60, halfLife }: { readonly window?: number; readonly halfLife?: number }): string {
  return halfLife === undefined ? `the last ${window} bars` : `bars whose weight halves every ${halfLife}`;
}

function percent(fraction: number): string {
  return `${Number((100 * fraction).toPrecision(4))} %`;
}
