import type { CostBreakdown } from '../backtest/result.ts';
import { BASE, categoryAxis, type Figure, valueAxis } from './chart.ts';
import { money, quantity, share } from './format.ts';
import { table } from './markup.ts';
import { drawn } from './palette.ts';

/** One step from the profit before costs to the profit: a cost is negative, funding that was received positive. Quote. */
export interface CostStep {
  readonly name: string;
  readonly amount: number;
  /** Drawn from 0, not from where the step before ended. */
  readonly total: boolean;
}

/** The steps of what was charged; what was not is left out. */
export function costSteps({ gross, fees, slippage, funding, interest, shortfall, net }: CostBreakdown): CostStep[] {
  const steps = [
    ['fees', -fees],
    ['slippage', -slippage],
    ['funding', -funding],
    ['interest', -interest],
    ['shortfall', shortfall],
  ] as const;
  return [
    { name: 'gross', amount: gross, total: true },
    ...steps.filter(([, amount]) => amount !== 0).map(([name, amount]) => ({ name, amount, total: false })),
    { name: 'net', amount: net, total: true },
  ];
}

/** From the profit before costs to the profit, as bars of which each starts where the one before ended. */
export function waterfallFigure(costs: CostBreakdown): Figure {
  const steps = costSteps(costs);
  let level = 0;
  const bars = steps.map(({ amount, total }): [number, number] => {
    const from = total ? 0 : level;
    level = from + amount;
    return [from, level];
  });
  const color = ({ amount, total }: CostStep) => drawn(total ? 'strategy' : amount > 0 ? 'gain' : 'loss');
  return {
    title: 'From gross to net',
    caption: 'Profit before costs, what was charged, and what is left, in quote currency.',
    height: 280,
    option: {
      legend: { show: false },
      grid: { ...BASE.grid, top: 24, bottom: 8 },
      xAxis: { ...categoryAxis(steps.map(({ name }) => name)), axisLine: { show: false } },
      // A bar says its value by its length, so its axis holds zero.
      yAxis: { ...valueAxis(quantity), scale: false },
      series: [
        {
          type: 'custom',
          silent: true,
          encode: { x: 0, y: [1, 2] },
          data: bars.map(([from, to], at) => [at, from, to]),
          renderItem: ({ dataIndex }, api) => {
            const step = steps[dataIndex]!;
            const [from, to] = bars[dataIndex]!;
            const [x = 0, top = 0] = api.coord([dataIndex, Math.max(from, to)]);
            const [, bottom = 0] = api.coord([dataIndex, Math.min(from, to)]);
            const [slot = 0] = api.size!([1, 0]) as number[];
            const width = Math.min(0.6 * slot, 96);
            return {
              type: 'group',
              children: [
                {
                  type: 'rect',
                  // A step too small to see keeps a line.
                  shape: { x: x - width / 2, y: top, width, height: Math.max(bottom - top, 1.5) },
                  style: { fill: color(step) },
                },
                {
                  type: 'text',
                  style: {
                    text: money(step.amount),
                    x,
                    y: top - 4,
                    align: 'center',
                    verticalAlign: 'bottom',
                    fontSize: 18,
                    fill: drawn('ink'),
                  },
                },
              ],
            };
          },
        },
      ],
    },
  };
}

export function waterfallTable(costs: CostBreakdown): string {
  const of = (amount: number) => (costs.gross > 0 ? share(amount / costs.gross) : '');
  return table<CostStep>(
    [
      { heading: 'From gross to net', text: ({ name, total }) => (total ? `${name} profit` : name) },
      { heading: 'Amount', text: ({ amount }) => money(amount) },
      ...(costs.gross > 0 ? [{ heading: 'Of the gross profit', text: ({ amount }: CostStep) => of(amount) }] : []),
    ],
    costSteps(costs),
  );
}
