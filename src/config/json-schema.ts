import { z } from 'zod';
import { botSchema } from './schema.ts';

interface Schema {
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly [key: string]: unknown;
}

/** The JSON Schema (draft 2020-12) of a bot file as people write it, short forms included. */
export function botJsonSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(botSchema, { io: 'input' });
  // A bot file may leave its name out; it is then that of the file.
  const required = (rest.required ?? []).filter((key) => key !== 'name');
  const { model, ...properties } = rest.properties as Record<string, Schema>;
  return { $schema, title: 'Paperwalk bot file', ...rest, properties: { ...properties, model: withLists(model!) }, required };
}

/** An ensemble is written as a list of models, or as one model with a list of kinds; both are spelled out before a file is checked. */
function withLists(model: Schema): Schema {
  const listed = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'array', items: schema, minItems: 1 }] });
  const forms = (model.anyOf ?? []).map((form) =>
    form.properties?.kind ? { ...form, properties: { ...form.properties, kind: listed(form.properties.kind) } } : form,
  );
  return listed({ ...model, anyOf: forms });
}
