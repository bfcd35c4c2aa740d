// The programs in the how-to pages about the library are run as they stand, and print what the page says.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const ROOT = resolve(import.meta.dirname, '../..');

test('the program of run-processes-from-node.md prints what the page says', () => {
  const page = readFileSync(join(ROOT, 'docs/how-to/run-processes-from-node.md'), 'utf8');
  const [, program = '', printed = ''] = /^```ts\n(.*?)^```$.*?^```text\n(.*?)^```$/ms.exec(page) ?? [];
  assert.notEqual(program, '');
  const arguments_ = ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '-'];
  const run = spawnSync(process.execPath, arguments_, {
    cwd: ROOT,
    input: program,
    encoding: 'utf8',
    timeout: 20_000,
  });
  assert.equal(run.stderr, '');
  assert.equal(run.stdout, printed);
});
