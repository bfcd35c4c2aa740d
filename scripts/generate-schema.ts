// Writes services.d/schema.json, by which editors complete and check service files. A test holds it fresh.
import { writeFile } from 'node:fs/promises';
import { serviceJsonSchema } from '../supervisor/config/json-schema.ts';

const target = new URL('../services.d/schema.json', import.meta.url);
await writeFile(target, `${JSON.stringify(serviceJsonSchema(), null, 2)}\n`);
