import { ConfigError } from '../../src/config/config-error.ts';

/** What a bot file is refused with, or that it is accepted. */
export function refusalOf(load: () => unknown): string {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'accepted';
}
