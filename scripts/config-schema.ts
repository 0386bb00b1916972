// Writes the published JSON Schemas, of the bot file (for editors) and of what --json prints: npm run schema
import { mkdirSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { documents } from '../src/config/documents.ts';
import { botJsonSchema } from '../src/config/json-schema.ts';

const folder = new URL('../schema/', import.meta.url);
mkdirSync(folder, { recursive: true });
const write = (name: string, schema: unknown) =>
  writeFileSync(new URL(`${name}.schema.json`, folder), `${JSON.stringify(schema, null, 2)}\n`);
write('bot', botJsonSchema());
for (const [name, document] of Object.entries(documents)) write(name, z.toJSONSchema(document));
