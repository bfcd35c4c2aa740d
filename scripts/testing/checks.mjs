// `npm run check` as a test: types, lint, layering, unused code, format.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';

test('npm run check', () => {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'check'], { encoding: 'utf8' });
  assert.equal(status, 0, `npm run check ended with ${status}\n${stdout}${stderr}`);
});
