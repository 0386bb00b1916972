import type { Slippage } from '../core/rules.ts';
import { parseRate } from './rate.ts';
import type { BotConfig } from './schema.ts';

/** The slippage of a bot file; what was measured is 0 until its file is read. */
export function slippageOf(slippage: BotConfig['costs']['slippage']): Slippage {
  const fraction = (rate: string) => parseRate(rate) ?? Number.NaN;
  if (typeof slippage === 'string') return fraction(slippage);
  // A market order crosses from the middle of the spread to one of its sides.
  if ('spread' in slippage) return fraction(slippage.spread) / 2;
  return 'volumeShare' in slippage ? { kind: 'volume-share', impact: slippage.volumeShare } : { kind: 'measured', sample: [0] };
}
