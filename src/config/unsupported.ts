import type { Problem } from './problem.ts';

/** What this version refuses rather than ignores, with the place where it is asked for. */
export function unsupported({ schedule }: Readonly<Record<string, unknown>>): Problem[] {
  if (schedule !== 'frozen') return [];
  const message =
    'Expected which model to freeze, received none; write schedule: { frozen: KEY } with a key that paperwalk models list shows';
  return [{ path: ['schedule'], part: 'value', message }];
}
