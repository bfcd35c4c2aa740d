// What happens to log files on real disks: small, out of inodes, read-only, gone and back. Runs in a mount namespace of its own, as root:
// `node disk-scenarios.ts SCENARIO`; ends with 1 and the reason if an expectation is not met.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertAccounted, numberedLines, StoreRig } from './store-rig.ts';

const mount = (...argv: readonly string[]): unknown => execFileSync('mount', argv);
const directory = mkdtempSync(join(tmpdir(), 'bosun-disk-'));
/** Long enough that a block does not end where a page does. */
const LINES = numberedLines(1, 60_000);
const block = (from: number, count: number): string => LINES.slice(from, from + count).join('');
const errnos = (rig: StoreRig): readonly string[] => rig.failures.map(({ errno }) => errno);

const SCENARIOS: Readonly<Record<string, () => void>> = {
  full: () => {
    mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory);
    const filler = join(directory, 'filler');
    writeFileSync(filler, Buffer.alloc(400_000));
    using rig = new StoreRig({ maxBytes: 100_000 }, directory);
    let at = 0;
    for (; at < 50_000; at += 1000) rig.write(block(at, 1000));
    assert.deepEqual(errnos(rig), ['ENOSPC']);
    assert.match(rig.failures[0]?.text ?? '', /the disk is full; make room/);
    assert.ok(rig.droppedLines > 10_000 && rig.droppedLines < 40_000, `${rig.droppedLines} lines dropped`);
    assert.ok(rig.calls.includes('ftruncate'), 'write(2) took a part of the last block');
    assertAccounted(rig, LINES.slice(0, at));
    const lost = rig.droppedLines;
    rmSync(filler);
    rig.write(block(at, 1));
    rig.nowMs += 2000;
    for (at += 1; at < 58_001; at += 1000) rig.write(block(at, 1000));
    assert.equal(rig.droppedLines, lost + 1, 'but for the cool-down nothing more is lost');
    assert.deepEqual(rig.recoveries, [lost + 1]);
    assertAccounted(rig, LINES.slice(0, at));
    assert.equal(rig.writtenBytes, rig.texts.join('').length);
  },

  inodes: () => {
    mount('-t', 'tmpfs', '-o', 'size=1m,nr_inodes=7', 'tmpfs', directory);
    using rig = new StoreRig({ maxBytes: 1000 }, directory);
    for (let at = 0; at < 500; at += 10) rig.write(block(at, 10));
    assert.deepEqual(errnos(rig), ['ENOSPC']);
    assert.ok(rig.droppedLines > 0);
    assertAccounted(rig, LINES.slice(0, 500));
  },

  'read-only': () => {
    mkdirSync(join(directory, 'logs', 'web'), { recursive: true });
    mount('--bind', directory, directory);
    mount('-o', 'remount,bind,ro', directory);
    using rig = new StoreRig({}, directory);
    rig.write(block(0, 10));
    assert.deepEqual(errnos(rig), ['EROFS']);
    assert.match(rig.failures[0]?.text ?? '', /read-only; mount a volume there, or name another directory/);
    mount('-o', 'remount,bind,rw', directory);
    rig.nowMs += 2000;
    rig.write(block(10, 10));
    assert.deepEqual(rig.recoveries, [10]);
    assertAccounted(rig, LINES.slice(0, 20));
  },

  'read-only-without-directory': () => {
    mount('-t', 'tmpfs', '-o', 'size=1m,ro', 'tmpfs', directory);
    using rig = new StoreRig({}, directory);
    rig.write(block(0, 10));
    assert.deepEqual(errnos(rig), ['EROFS']);
    assert.equal(rig.droppedLines, 10);
    mount('-o', 'remount,rw', directory);
    rig.nowMs += 2000;
    rig.write(block(10, 10));
    assert.equal(rig.read(), block(10, 10));
  },

  'gone-and-back': () => {
    mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory);
    using rig = new StoreRig({}, directory);
    rig.write(block(0, 10));
    execFileSync('umount', ['--lazy', directory]);
    mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory);
    rig.nowMs += 1000;
    rig.write(block(10, 10));
    assert.equal(rig.read(), block(10, 10));
    assert.match(rig.failures[0]?.text ?? '', /was removed or replaced/);
    assert.deepEqual([rig.droppedLines, rig.recoveries], [0, [0]]);
  },

  retention: () => {
    mount('-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', directory);
    using rig = new StoreRig({ maxBytes: 40_000, totalBytes: 200_000 }, directory);
    for (let at = 0; at < 60_000; at += 1000) rig.write(block(at, 1000));
    assert.deepEqual(
      [rig.droppedLines, errnos(rig)],
      [0, []],
      'a total below its size keeps a disk from being full',
    );
    const sizes = readdirSync(rig.spec.directory).map((name) => statSync(rig.path(name)).size);
    assert.ok(sizes.length > 3 && sizes.reduce((one, other) => one + other) <= 200_000);
  },
};

const scenario = SCENARIOS[process.argv[2] ?? ''];
assert.ok(scenario !== undefined, `no scenario ${process.argv[2] ?? ''}`);
process.umask(0o022);
scenario();
process.stdout.write('as expected\n');
