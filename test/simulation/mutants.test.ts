// The bugs that `npm run mutants` plants can still be planted: each place is there, once.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { MUTANTS } from './mutants.ts';

test('every planted bug has its one place in the core', () => {
  for (const { name, file, from } of MUTANTS) {
    const source = readFileSync(new URL(`../../supervisor/core/${file}`, import.meta.url), 'utf8');
    assert.equal(source.split(from).length - 1, 1, `${name}: ${file}`);
  }
});
