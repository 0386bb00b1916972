import { describe, expect, it } from 'vitest';
import type { Strategy } from '../../src/core/policy.ts';
import { forecastReturn } from '../../src/strategies/forecast.ts';
import { probability } from '../../src/strategies/probability.ts';
import { quantile } from '../../src/strategies/quantile.ts';
import { threshold } from '../../src/strategies/threshold.ts';
import { vote } from '../../src/strategies/vote.ts';
import { decisions } from '../support/decisions.ts';

const onForecast: Strategy = { name: 'threshold', signals: [forecastReturn], policy: threshold({ enter: 0, confirm: 2 }), short: false };

describe('a vote of members with several signals and slots', () => {
  const said = {
    forecast: [0.01, 0.01, 0.01, -0.01, 0.01, 0.01],
    lower: [-1, 0.005, 0.005, -1, -1, -1],
    upper: [1, 1, 1, 1, 1, 1],
    probability: [0.6, 0.6, 0.4, 0.4, 0.6, 0.6],
  };

  it('lets each member see its own signals, in whatever order they stand', () => {
    const members = [quantile({ costs: 0.001 }), onForecast, probability({ enter: 0.55 })];
    const alone = members.map((member) => decisions(member, said).exposures);
    expect(alone).toEqual([
      [0, 1, 1, 0, 0, 0],
      [0, 1, 1, 0, 0, 1],
      [1, 1, 0, 0, 1, 1],
    ]);
    for (const order of [members, [...members].reverse(), [members[1]!, members[0]!, members[2]!]]) {
      expect(decisions(vote(order), said).exposures).toEqual([0, 1, 1, 0, 0, 1]);
    }
  });

  it('votes inside a vote', () => {
    const inner = vote([quantile({ costs: 0.001 }), onForecast]);
    expect(decisions(vote([probability({ enter: 0.55 }), inner]), said).exposures).toEqual([0, 1, 0, 0, 0, 0]);
  });

  it('refuses a member that judges markets together', () => {
    const across: Strategy = { ...onForecast, name: 'across', across: (panel) => panel.markets.map(({ close }) => close) };
    expect(() => vote([onForecast, across])).toThrow('Expected members of a vote that judge each market by itself, received across');
  });
});
