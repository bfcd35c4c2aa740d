// One version: package.json's and the one that is compiled in.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { VERSION } from '../../supervisor/wire/version.ts';

test('the version is that of package.json', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  assert.equal(VERSION, version);
});
