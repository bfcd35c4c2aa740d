// Writes the pages of docs/reference/ that come from the code: the states from the reducer itself, the keys from the schemas, the API
// from its routes, the metrics from their table.
// A test holds them fresh.
import { writeFile } from 'node:fs/promises';
import { cliPage } from './reference/cli-page.ts';
import { configPage } from './reference/config-page.ts';
import { metricsPage } from './reference/metrics-page.ts';
import { openApiPage } from './reference/openapi-page.ts';
import { statesPage } from './reference/states-page.ts';

const page = (name: string): URL => new URL(`../docs/reference/${name}`, import.meta.url);
await Promise.all([
  writeFile(page('states.md'), statesPage()),
  writeFile(page('config.md'), configPage()),
  writeFile(page('cli.md'), await cliPage()),
  writeFile(page('openapi.json'), openApiPage()),
  writeFile(page('metrics.md'), await metricsPage()),
]);
