// Log files on real disks that are full, out of inodes, read-only, or gone and back. Each scenario has a mount namespace of its own, so that
// nothing stays mounted.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const SCRIPT = fileURLToPath(new URL('./support/disk-scenarios.ts', import.meta.url));
const skip = process.getuid?.() === 0 ? false : 'only root can mount';

for (const [scenario, what] of [
  ['full', 'a full disk: whole lines up to there, the rest counted, and on when there is room'],
  ['inodes', 'a disk without inodes: the same'],
  ['read-only', 'a read-only directory that can be written to later'],
  ['read-only-without-directory', 'a read-only file system in which the directory is to be made'],
  ['gone-and-back', 'a file system that is unmounted under the writer, and another one mounted'],
  ['retention', 'a total that fits on the disk keeps it from being full'],
] as const) {
  test(what, { skip }, () => {
    // What the scenario leaves below its mounts goes with this directory.
    const TMPDIR = mkdtempSync(join(tmpdir(), 'bosun-disks-'));
    try {
      const argv = ['--mount', process.execPath, SCRIPT, scenario];
      const env = { ...process.env, TMPDIR };
      const { stdout, stderr } = spawnSync('unshare', argv, { encoding: 'utf8', timeout: 30_000, env });
      assert.equal(stdout, 'as expected\n', stderr);
    } finally {
      rmSync(TMPDIR, { recursive: true });
    }
  });
}
