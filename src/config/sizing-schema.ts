import { z } from 'zod';
import { anyRate, choice, cost, positive, positiveRate, section, sectionWords, shareRate, whole } from './fields.ts';

const band = cost.default('5%');
const deviation = { window: whole(2).exactOptional(), halfLife: positive('a number of bars').exactOptional() };
const most = positiveRate.default('100%');
const weightsWords = 'a weight for each market such as { csv:a.csv: 60%, csv:b.csv: 40% }';
const sizingKinds = [
  'fraction',
  'amount',
  'volatility',
  'kelly',
  'risk',
  'equal',
  'inverse-volatility',
  'weights',
  'portfolio-volatility',
] as const;

/** How large a full position is. */
export const sizing = z.discriminatedUnion(
  'kind',
  [
    section({ kind: z.literal('fraction').default('fraction'), of: positiveRate.default('100%'), band }),
    section({ kind: z.literal('amount'), amount: positive('an amount of money'), band }),
    section({ kind: z.literal('volatility'), target: positiveRate, most, ...deviation, band }),
    section({ kind: z.literal('kelly'), fraction: shareRate.default('50%'), most, ...deviation, band }),
    section({ kind: z.literal('risk'), risk: shareRate, most, band }),
    section({ kind: z.literal('equal'), of: positiveRate.default('100%'), band }),
    section({ kind: z.literal('inverse-volatility'), of: positiveRate.default('100%'), ...deviation, band }),
    section({ kind: z.literal('weights'), weights: z.record(z.string(), anyRate, { error: weightsWords }), band }),
    section({
      kind: z.literal('portfolio-volatility'),
      target: positiveRate,
      most,
      base: choice(['fraction', 'inverse-volatility']).default('fraction'),
      window: whole(2).default(60),
      band,
    }),
  ],
  { error: (issue: { readonly code?: string }) => sectionWords(issue) ?? `one of ${sizingKinds.join(', ')}` },
);
