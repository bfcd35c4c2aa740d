// Writes the pages of docs/reference/ that come from the code: the states from the reducer itself, the keys from the schemas.
// A test holds them fresh.
import { writeFile } from 'node:fs/promises';
import { configPage } from './reference/config-page.ts';
import { statesPage } from './reference/states-page.ts';

const page = (name: string): URL => new URL(`../docs/reference/${name}`, import.meta.url);
await Promise.all([writeFile(page('states.md'), statesPage()), writeFile(page('config.md'), configPage())]);
