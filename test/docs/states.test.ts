// The page of states is what the reducer does today.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { statesPage } from '../../scripts/reference/states-page.ts';

test('docs/reference/states.md is fresh; node scripts/generate-states.ts writes it', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/reference/states.md'), 'utf8');
  assert.equal(page, statesPage());
});
