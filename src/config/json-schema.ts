import { z } from 'zod';
import { botSchema } from './schema.ts';

/** The JSON Schema (draft 2020-12) of a bot file as people write it, short forms included. */
export function botJsonSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(botSchema, { io: 'input' });
  // A bot file may leave its name out; it is then that of the file.
  const required = (rest.required ?? []).filter((key) => key !== 'name');
  return { $schema, title: 'Paperwalk bot file', ...rest, required };
}
