// Writes the JSON Schema of a bot file, which editors use to complete and check it: npx tsx scripts/config-schema.ts && npm run format
import { mkdirSync, writeFileSync } from 'node:fs';
import { botJsonSchema } from '../src/config/json-schema.ts';

mkdirSync(new URL('../schema/', import.meta.url), { recursive: true });
writeFileSync(new URL('../schema/bot.schema.json', import.meta.url), `${JSON.stringify(botJsonSchema(), null, 2)}\n`);
