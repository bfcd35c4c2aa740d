// The generated pages are what the code says today.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { cliPage } from '../../scripts/reference/cli-page.ts';
import { configPage } from '../../scripts/reference/config-page.ts';
import { metricsPage } from '../../scripts/reference/metrics-page.ts';
import { openApiPage } from '../../scripts/reference/openapi-page.ts';
import { statesPage } from '../../scripts/reference/states-page.ts';

for (const [name, fresh] of [
  ['metrics.md', metricsPage],
  ['states.md', statesPage],
  ['config.md', configPage],
  ['cli.md', cliPage],
  ['openapi.json', openApiPage],
] as const)
  test(`docs/reference/${name} is fresh; node scripts/generate-reference.ts writes it`, async () => {
    const path = resolve(import.meta.dirname, '../../docs/reference', name);
    assert.equal(readFileSync(path, 'utf8'), await fresh());
  });
