// A directory is made with its parents, or the error of mkdir(2) is told: also in /proc, where Node's own recursive mkdir hangs.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDirectory, makeDirectorySync } from '../../supervisor/plane/make-directory.ts';

const PERMISSIONS = 0o777;

test('parents are made with the same mode, and what is there is left alone', async () => {
  const root = mkdtempSync(join(tmpdir(), 'bosun-test-'));
  try {
    makeDirectorySync(join(root, 'a/b'), 0o700);
    await makeDirectory(join(root, 'a/b/c/d'), 0o750);
    await makeDirectory(join(root, 'a'), 0o755);
    const modes = ['a', 'a/b', 'a/b/c', 'a/b/c/d'].map(
      (name) => statSync(join(root, name)).mode & PERMISSIONS,
    );
    assert.deepEqual(modes, [0o700, 0o700, 0o750, 0o750]);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test(
  'a file system that takes no directories is an error, not an endless try',
  { timeout: 5000 },
  async () => {
    await assert.rejects(makeDirectory('/proc/no-such/state', 0o700), { code: 'ENOENT' });
    assert.throws(
      () => {
        makeDirectorySync('/proc/no-such/state', 0o700);
      },
      { code: 'ENOENT' },
    );
  },
);
