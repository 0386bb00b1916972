import { describe, expect, it } from 'vitest';
import type { CostBreakdown, ForecastReport, Performance, TestResult } from '../../src/backtest/result.ts';
import { type VerdictInput, verdict as verdictOf } from '../../src/report/verdict.ts';
import { costsOf, fixture, forecastOf, performanceOf, skillOf } from './fixture.ts';

const holding = performanceOf({ totalReturn: 0.34, sharpe: 1.1, maxDrawdown: -0.25 });
const test = (statistic: number | null, pValue: number | null): TestResult => ({ statistic, pValue });
const none = test(null, null);
const verdict = (input: Pick<VerdictInput, 'performance' | 'buyAndHold' | 'forecast' | 'trials'> & Partial<VerdictInput>) =>
  verdictOf({ costs: costsOf(input.performance), trades: [], assumptions: { ambiguousBars: 0, bounds: null, notes: [] }, ...input });

const aboutForecast = (forecast: ForecastReport) =>
  sentence(verdict({ performance: performanceOf(), buyAndHold: holding, forecast, trials: 7 }), 0);
const aboutStrategy = (parts: Partial<Performance>, buyAndHold: Performance = holding) =>
  sentence(verdict({ performance: performanceOf(parts), buyAndHold, forecast: null, trials: 7 }), 0);
const aboutRisk = (parts: Partial<Performance>, costs: Partial<CostBreakdown> = {}) => {
  const performance = performanceOf(parts);
  return sentence(verdict({ performance, buyAndHold: holding, forecast: null, trials: 7, costs: costsOf(performance, costs) }), 2);
};
const aboutEvents = (parts: Partial<VerdictInput>) =>
  sentence(verdict({ performance: performanceOf(), buyAndHold: holding, forecast: null, trials: 7, ...parts }), 1);
const withLinear = (dieboldMariano: TestResult, parts: Partial<ForecastReport> = {}) =>
  forecastOf({ ...parts, baselines: [{ ...skillOf({ dieboldMariano }), name: 'linear' }] });

/** The sentence at a place; a decimal point has no space behind it. */
function sentence(text: string, at: number): string {
  return text.split(/(?<=\.) (?=[A-Z])/)[at] ?? '';
}

const skilled = { skillVsPersistence: 0.058, dieboldMariano: test(5.41, 0.0000001) };

describe('the verdict on the forecast', () => {
  it.each([
    ['a higher error', { skillVsPersistence: -0.004, dieboldMariano: test(-0.53, 0.596) }],
    ['a lower error within chance', { skillVsPersistence: 0.02, dieboldMariano: test(1.2, 0.231) }],
    ['a lower error just within chance', { skillVsPersistence: 0.02, dieboldMariano: test(1.95, 0.0512) }],
    ['a significantly higher error', { skillVsPersistence: -0.2, dieboldMariano: test(-4, 0.0001) }],
    ['no difference', { skillVsPersistence: 0, dieboldMariano: test(0, 1) }],
    ['a test and a skill that contradict each other', { skillVsPersistence: -0.01, dieboldMariano: test(2.5, 0.013) }],
    ['no test', { skillVsPersistence: 0.3, dieboldMariano: none }],
    ['no skill figure', { skillVsPersistence: null, dieboldMariano: test(3, 0.003) }],
  ])('says no skill after %s', (_, parts) => {
    const words = aboutForecast(forecastOf(parts));
    expect(words).toMatch(/^The forecast shows no skill/);
    expect(words).not.toContain('better than the last price');
  });

  it('says that the forecast is better than the last price where the test supports it, with skill, statistic and p', () => {
    expect(aboutForecast(withLinear(test(4.4, 0.00001), skilled))).toBe(
      'The forecast is better than the last price: its squared error is 5.80% lower than that of the last price (Diebold-Mariano 5.41, p < 0.001); it is better than the linear baseline (Diebold-Mariano 4.40, p < 0.001).',
    );
  });

  it('tells a significantly worse forecast from one within chance', () => {
    expect(aboutForecast(forecastOf({ skillVsPersistence: -0.2, dieboldMariano: test(-4, 0.0001) }))).not.toContain('within chance');
    expect(aboutForecast(forecastOf())).toContain(
      '0.40% higher than that of the last price, a difference within chance (Diebold-Mariano -0.53, p = 0.596)',
    );
  });

  it.each([
    ['better', withLinear(test(2.4, 0.017)), 'it is better than the linear baseline (Diebold-Mariano 2.40, p = 0.017)'],
    ['not better', withLinear(test(0.31, 0.757)), 'it is not better than the linear baseline (Diebold-Mariano 0.31, p = 0.757)'],
    ['significantly worse', withLinear(test(-3, 0.003)), 'it is not better than the linear baseline (Diebold-Mariano -3.00, p = 0.003)'],
    ['untested', withLinear(none), 'the comparison with the linear baseline is undefined'],
    ['unscored', forecastOf({ baselines: [] }), 'no linear baseline was scored'],
  ])('says where it stands against a linear baseline: %s', (_, forecast, words) => expect(aboutForecast(forecast)).toContain(words));

  it('warns of a splendid R2 of prices only where there is no skill', () => {
    expect(aboutForecast(forecastOf())).toContain('its R2 of 0.9871 on prices is no evidence');
    expect(aboutForecast(forecastOf(skilled))).not.toContain('R2');
    expect(aboutForecast(forecastOf({ price: { ...skillOf().price, r2: 0.2 } }))).not.toContain('R2');
    expect(aboutForecast(forecastOf({ price: { ...skillOf().price, r2: null } }))).not.toContain('R2');
  });

  it('is left out without a model', () => {
    const words = verdict({ performance: performanceOf(), buyAndHold: holding, forecast: null, trials: 7 });
    expect(words).toMatch(/^The strategy/);
    expect(words).not.toContain('forecast');
  });
});

describe('the verdict on the strategy', () => {
  it('names both returns, both Sharpe ratios and both drawdowns', () => {
    expect(aboutStrategy({})).toBe(
      'The strategy did worse than holding: it returned +12.3% (Sharpe ratio 0.80, worst drawdown -10.2%), buy & hold +34.0% (Sharpe ratio 1.10, worst drawdown -25.0%).',
    );
  });

  it.each([
    [
      'did better than holding on this period, and no test here says that this is more than chance',
      { totalReturn: 0.5, sharpe: 1.3 },
      holding,
    ],
    ['had a higher return but a lower Sharpe ratio than holding', { totalReturn: 0.5, sharpe: 0.9 }, holding],
    ['had a higher Sharpe ratio but a lower return than holding', { totalReturn: 0.2, sharpe: 1.5 }, holding],
    ['did the same as holding', { totalReturn: 0.34, sharpe: 1.1 }, holding],
    ['did worse than holding', { totalReturn: 0.34, sharpe: 1 }, holding],
    ['lost less than holding on this period', { totalReturn: -0.1, sharpe: -0.2 }, performanceOf({ totalReturn: -0.5, sharpe: -1 })],
    ['did worse than holding', { totalReturn: 0.1, sharpe: null }, holding],
  ] as const)('says that it %s', (words, parts, against) => expect(aboutStrategy(parts, against)).toContain(`The strategy ${words}`));

  it('says that a Sharpe ratio is undefined, and never prints null or NaN', () => {
    const words = verdict({
      performance: performanceOf({ sharpe: null, cagr: null, turnover: null, winRate: null }),
      buyAndHold: performanceOf({ sharpe: null }),
      forecast: forecastOf({ ...skillOf({ skillVsPersistence: null, dieboldMariano: none }), baselines: [] }),
      trials: 0,
    });
    expect(words).toContain('+12.3% (Sharpe ratio undefined, worst drawdown -10.2%)');
    expect(words).not.toMatch(/null|NaN|undefined%/);
  });

  it('says that a strategy without a trade never traded, and still names both returns and Sharpe ratios', () => {
    const performance = performanceOf({ totalReturn: 0, sharpe: null, maxDrawdown: 0, exposure: 0, roundTrips: 0, fees: 0, slippage: 0 });
    const words = verdict({ performance, buyAndHold: holding, forecast: null, trials: 2 });
    expect(words).toBe(
      'The strategy never traded: it returned 0.00% (Sharpe ratio undefined, worst drawdown 0.00%), buy & hold +34.0% (Sharpe ratio 1.10, worst drawdown -25.0%). Without a trade there is nothing that costs or luck could have changed (2 trials so far, not corrected for).',
    );
  });
});

describe('the verdict on luck and fragility', () => {
  it('counts the trials and says that they are not corrected for', () => {
    const luck = (trials: number) => sentence(verdict({ performance: performanceOf(), buyAndHold: holding, forecast: null, trials }), 1);
    expect(luck(1)).toBe('Luck is not ruled out: 1 trial so far, and these figures are not corrected for it.');
    expect(luck(1234)).toBe('Luck is not ruled out: 1,234 trials so far, and these figures are not corrected for them.');
  });

  // 10,000 at +12.3% is a profit of 1,230; with costs of 120 + 24 it was 1,374 before them, and 144 / 1,374 = 10.48%.
  it('puts the costs against the profit before costs', () => {
    expect(aboutRisk({})).toContain('fees and slippage of 144.00 took 10.5% of the profit before costs');
    expect(aboutRisk({ totalReturn: -0.01 })).toContain('fees and slippage of 144.00 were larger than the profit before costs, 44.00');
    expect(aboutRisk({ totalReturn: -0.1 })).toContain('it made no profit even before costs, and fees and slippage of 144.00 came on top');
    expect(aboutRisk({ fees: 0, slippage: 0 })).toContain('no costs were charged');
  });

  // Gross 1,500: 120 + 24 + 60 + 30 = 234, which is 15.6 % of it. With 60 received, 174 of 1,560, or 11.2 %.
  it('names what was charged, and takes funding that was received for a part of the profit', () => {
    expect(aboutRisk({}, { gross: 1500, funding: 60, interest: 30 })).toContain(
      'fees, slippage, funding and interest of 234.00 took 15.6% of the profit before costs;',
    );
    expect(aboutRisk({}, { gross: 1500, funding: -60, interest: 30 })).toContain(
      'fees, slippage and interest of 174.00 took 11.2% of the profit before costs, 60.00 of it funding received;',
    );
    expect(aboutRisk({ slippage: 0 })).toContain('fees of 120.00 took');
  });

  it.each([
    [0, 'no round trip was completed'],
    [1, '1 round trip is too few to tell skill from chance'],
    [29, '29 round trips are too few to tell skill from chance'],
  ])('warns of few trades at %i round trips', (roundTrips, words) => expect(aboutRisk({ roundTrips })).toContain(words));

  it('has no such warning from 30 round trips on', () => expect(aboutRisk({ roundTrips: 30 })).not.toContain('round trip'));

  it('names the worst drawdown', () => expect(aboutRisk({ maxDrawdown: -0.4321 })).toContain('the worst drawdown so far, -43.2%'));
});

describe('the verdict on what must not be overlooked', () => {
  const performance = performanceOf();
  const liquidated = { exitReason: 'liquidation' };

  it('names liquidations, and losses beyond the margin', () => {
    expect(aboutEvents({ trades: [liquidated, { exitReason: 'exit' }, { exitReason: null }] })).toBe('It was liquidated once.');
    expect(aboutEvents({ trades: [liquidated, { exitReason: 'liquidationGap' }], costs: costsOf(performance, { shortfall: 12.5 }) })).toBe(
      'It was liquidated 2 times, and losses of 12.50 beyond the margin were not charged to the account.',
    );
    expect(aboutEvents({ costs: costsOf(performance, { shortfall: 12.5 }) })).toBe(
      'Losses of 12.50 beyond the margin were not charged to the account.',
    );
  });

  it('names the return either way where bars were ambiguous, and calls neither a bound', () => {
    const bounds = { worst: 0.05, best: 0.2 };
    expect(aboutEvents({ assumptions: { ambiguousBars: 3, bounds, notes: [] } })).toBe(
      'With all 3 ambiguous bars taken against it the return is +5.00%; with all in its favour +20.0%.',
    );
    expect(aboutEvents({ assumptions: { ambiguousBars: 1, bounds, notes: [] } })).toBe(
      'With the one ambiguous bar taken against it the return is +5.00%; with it in its favour +20.0%.',
    );
  });

  it('says the same where what followed turned them round', () => {
    expect(aboutEvents({ assumptions: { ambiguousBars: 2, bounds: { worst: 0.2, best: 0.05 }, notes: [] } })).toBe(
      'With all 2 ambiguous bars taken against it the return is +20.0%; with all in its favour +5.00%.',
    );
  });

  const optimistic = {
    ambiguousBars: 0,
    bounds: null,
    notes: [
      'OPTIMISTIC: market orders fill at the very close they were decided on, which nobody can do; costs of the first close lie before.',
      'No order moves the market.',
      'OPTIMISTIC: limit orders fill where the bar only touches them.',
    ],
  };

  it('says first of what would break it where it is optimistic', () => {
    const words = verdict({ performance, buyAndHold: holding, forecast: null, trials: 7, assumptions: optimistic });
    expect(words).toContain(
      'What would break it: it is optimistic that market orders fill at the very close they were decided on, which nobody can do; it is optimistic that limit orders fill where the bar only touches them; fees and slippage',
    );
    expect(aboutRisk({})).not.toContain('optimistic');
  });

  it('says where it is optimistic even of a strategy that never traded', () => {
    const idle = performanceOf({ totalReturn: 0, exposure: 0, roundTrips: 0 });
    expect(verdict({ performance: idle, buyAndHold: holding, forecast: null, trials: 7, assumptions: optimistic })).toContain(
      'It is optimistic all the same: market orders fill at the very close they were decided on, which nobody can do; limit orders',
    );
  });

  it('compares with no buy & hold that bought nothing', () => {
    const idle = performanceOf({ totalReturn: 0, sharpe: null, maxDrawdown: 0, exposure: 0, roundTrips: 0 });
    expect(aboutStrategy({}, idle)).toBe(
      'The strategy returned +12.3% (Sharpe ratio 0.80, worst drawdown -10.2%); buy & hold could not buy (its orders were refused or never filled), so it says nothing.',
    );
    expect(aboutStrategy({ exposure: 0, roundTrips: 0 }, idle)).toMatch(
      /^The strategy never traded: it returned .*; buy & hold could not buy/,
    );
  });

  it('says before anything else that the account lost everything, and what it owes', () => {
    const ruined = performanceOf({ totalReturn: -1.1234, sharpe: 2 });
    const words = verdict({ performance: ruined, buyAndHold: holding, forecast: forecastOf(), trials: 7 });
    expect(sentence(words, 0)).toBe("The strategy lost everything: the account's 10,000.00 are gone, and it owes a further 1,234.00.");
    expect(sentence(words, 1)).toMatch(/^The forecast/);
    expect(sentence(words, 2)).toMatch(/^The strategy did worse than holding: it returned -112.3%/);
    expect(aboutStrategy({ totalReturn: -1 })).toBe("The strategy lost everything: the account's 10,000.00 are gone.");
    expect(aboutStrategy({ totalReturn: -0.99 })).not.toContain('lost everything');
  });

  it('is silent where there was nothing of the kind', () => expect(aboutEvents({})).toMatch(/^Luck is not ruled out/));
});

describe('a verdict', () => {
  it('has four sentences with a model and three without', () => {
    const sentences = (model: boolean) => verdict(fixture({ model }).report).split(/(?<=\.) (?=[A-Z])/).length;
    expect(sentences(true)).toBe(4);
    expect(sentences(false)).toBe(3);
  });
});
