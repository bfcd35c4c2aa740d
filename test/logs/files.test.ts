// The log files of a service: what is written where, when they are rotated, what they are called, who may read them, and what is removed.
import assert from 'node:assert/strict';
import {
  chownSync,
  mkdirSync,
  rmSync,
  readdirSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { describe, test } from 'node:test';
import { parseRotatedName, rotatedName } from '../../supervisor/core/log-file-name.ts';
import { createRotatingFiles } from '../../supervisor/logs/files/rotating-files.ts';
import { LOOK_BYTES } from '../../supervisor/logs/files/orphan.ts';
import { TALLY_BYTES } from '../../supervisor/core/log-board.ts';
import { TroubleMemory } from '../../supervisor/logs/trouble-memory.ts';
import { assertAccounted, numberedLines, RigProgress, StoreRig } from './support/store-rig.ts';

const LINE = 'a line of 20 bytes.\n';

describe('writing', () => {
  test('a block is appended as it is, by one system call, and one more looks after a megabyte whether the file is still there', () => {
    using rig = new StoreRig();
    rig.write(LINE);
    const before = rig.calls.length;
    for (let block = 0; block < 100; block += 1) rig.write(LINE.repeat(3000));
    const calls = rig.calls.slice(before);
    assert.equal(calls.filter((call) => call === 'write').length, 100);
    assert.equal(calls.length, 100 + Math.floor((100 * 3000 * LINE.length) / LOOK_BYTES));
    assert.equal(rig.read(), LINE.repeat(300_001));
    assert.equal(rig.writtenBytes, 300_001 * LINE.length);
  });

  test('one more call a second looks whether the file is still there', () => {
    using rig = new StoreRig();
    rig.write(LINE);
    const before = rig.calls.length;
    for (let ms = 1; ms <= 5000; ms += 1) {
      rig.nowMs += 1;
      rig.write(LINE);
    }
    const counts = rig.calls.slice(before).filter((call) => call === 'lstat').length;
    assert.equal(counts, 5);
    assert.equal(rig.calls.length - before, 5005);
  });

  test('what a former Bosun has written stays, and its unfinished line is ended', () => {
    using rig = new StoreRig();
    mkdirSync(rig.spec.directory, { recursive: true });
    writeFileSync(rig.path(), 'whole\ntorn');
    rig.write(LINE);
    rig.restart();
    rig.write(LINE);
    assert.equal(rig.read(), `whole\ntorn\n${LINE}${LINE}`);
  });

  test('a short write is gone on with', () => {
    using rig = new StoreRig();
    rig.fates = (call) => (call === 'write' ? { kind: 'short', bytes: 7 } : undefined);
    rig.write(LINE.repeat(5));
    assert.equal(rig.read(), LINE.repeat(5));
    assert.equal(rig.writtenBytes, LINE.length * 5);
    assert.deepEqual(rig.failures, []);
  });

  test('bytes are not looked at: NUL, invalid UTF-8 and shared memory come through', () => {
    using rig = new StoreRig();
    const bytes = Buffer.from(new SharedArrayBuffer(258));
    for (let at = 0; at < 256; at += 1) bytes[at] = at;
    bytes[257] = 0x0a;
    rig.write(bytes);
    assert.deepEqual(Buffer.from(rig.read(), 'latin1'), Buffer.from(bytes));
  });

  test('what is closed is open again for the next block, and leaves no descriptor', () => {
    using rig = new StoreRig();
    rig.write(LINE);
    rig.store.close();
    assert.equal(rig.openDescriptors, 0);
    rig.write(LINE);
    assert.equal(rig.read(), LINE + LINE);
    assert.equal(rig.openDescriptors, 2);
  });

  test('createRotatingFiles writes with the real clock and the real calls', () => {
    using rig = new StoreRig();
    const memory = new SharedArrayBuffer(TALLY_BYTES);
    const store = createRotatingFiles(rig.spec, 'web', rig, new TroubleMemory(memory, 'file'));
    store.write(Buffer.from(LINE), new RigProgress(() => true));
    store.close();
    assert.equal(rig.read().slice(0, LINE.length), LINE);
  });
});

describe('rotation', () => {
  test('by size, where a line ends; also within one block', () => {
    using rig = new StoreRig({ maxBytes: 100 });
    const lines = numberedLines(1, 200);
    rig.write(lines.slice(0, 7).join(''));
    rig.write(lines.slice(7).join(''));
    const texts = rig.texts;
    assert.ok(texts.length > 20);
    for (const [index, text] of texts.entries()) {
      assert.ok(text.length <= 100 && text.endsWith('\n'));
      const next = texts[index + 1]?.split('\n')[0] ?? '';
      assert.ok(
        index === texts.length - 1 || text.length + next.length + 1 > 100,
        'none is rotated too early',
      );
    }
    assertAccounted(rig, lines);
    assert.deepEqual(
      rig.rotations,
      rig.rotatedNames.map((name) => rig.path(name)),
    );
  });

  test('a line larger than the limit has a file to itself', () => {
    using rig = new StoreRig({ maxBytes: 50 });
    const long = `${'y'.repeat(120)}\n`;
    rig.write(LINE + long + LINE);
    assert.deepEqual(rig.texts, [LINE, long, LINE]);
  });

  test('a file that is exactly full is rotated by the next line only', () => {
    using rig = new StoreRig({ maxBytes: LINE.length * 2 });
    rig.write(LINE + LINE);
    assert.deepEqual(rig.rotatedNames, []);
    rig.write(LINE);
    assert.deepEqual(rig.texts, [LINE + LINE, LINE]);
  });

  test('by age, at the moment or with the next block; an empty file is not rotated', () => {
    using rig = new StoreRig({ maxAgeMs: 60_000 });
    assert.equal(rig.store.dueAtMs, Infinity);
    rig.write(LINE);
    assert.equal(rig.store.dueAtMs, rig.nowMs + 60_000);
    rig.nowMs += 59_999;
    rig.tick();
    assert.deepEqual(rig.rotatedNames, []);
    rig.nowMs += 1;
    rig.tick();
    assert.deepEqual(rig.rotatedNames, ['00000001.20261121T142130123Z.log']);
    assert.equal(rig.store.dueAtMs, Infinity);
    rig.nowMs += 600_000;
    rig.tick();
    rig.write(LINE);
    rig.nowMs += 60_000;
    rig.write(LINE);
    assert.deepEqual(rig.texts, [LINE, LINE, LINE]);
  });

  test('the age of a file that a former Bosun has begun is that of the file', () => {
    using rig = new StoreRig({ maxAgeMs: 3_600_000 });
    rig.write(LINE);
    const bornAtMs = statSync(rig.path()).birthtimeMs;
    utimesSync(rig.path(), 0, 0);
    rig.nowMs = bornAtMs + 3_599_000;
    rig.restart();
    rig.write(LINE);
    assert.deepEqual(rig.rotatedNames, []);
    rig.nowMs += 2000;
    rig.write(LINE);
    assert.equal(rig.rotatedNames.length, 1);
  });

  test('a clock that is set back delays nothing by more than the age, and mixes up nothing', () => {
    using rig = new StoreRig({ maxBytes: 100, maxAgeMs: 60_000 });
    const lines = numberedLines(1, 100);
    for (const [index, line] of lines.entries()) {
      if (index === 50) rig.nowMs -= 365 * 86_400_000;
      rig.write(line);
    }
    assertAccounted(rig, lines);
    const times = rig.rotatedNames.map((name) => name.split('.')[1] ?? '');
    assert.notDeepEqual([...times].sort(), times, 'the times go back');
    rig.nowMs += 60_000;
    rig.tick();
    assert.ok(!readdirSync(rig.spec.directory).includes('current.log'));
  });

  test('the age begins anew when the clock is set back', () => {
    using rig = new StoreRig({ maxAgeMs: 60_000 });
    rig.write(LINE);
    rig.nowMs -= 365 * 86_400_000;
    rig.write(LINE);
    rig.nowMs += 60_000;
    rig.write(LINE);
    assert.deepEqual(rig.texts, [LINE + LINE, LINE]);
  });

  test('many rotations in one millisecond overwrite nothing', () => {
    using rig = new StoreRig({ maxBytes: 1 });
    const lines = numberedLines(1, 300);
    for (const line of lines) rig.write(line);
    assertAccounted(rig, lines);
    assert.equal(rig.rotatedNames.length, 299);
  });

  test('numbers go on from what is there, compressed and unfinished ones included', () => {
    using rig = new StoreRig({ maxBytes: 1 });
    mkdirSync(rig.spec.directory, { recursive: true });
    const time = '2020-01-01T00:00:00.000Z';
    writeFileSync(rig.path(`${rotatedName(41, time)}.gz`), '');
    writeFileSync(rig.path(`${rotatedName(42, time)}.zst.tmp`), '');
    writeFileSync(rig.path('99999999.log'), 'not one of ours');
    rig.write(LINE + LINE);
    assert.ok(rig.rotatedNames.includes('00000043.20261121T142030123Z.log'));
    // Also when somebody removes the newest: no number is given twice by one thread.
    for (const name of rig.rotatedNames) rmSync(rig.path(name));
    rig.write(LINE);
    assert.ok(rig.rotatedNames.includes('00000044.20261121T142030123Z.log'));
  });

  test('a file that somebody has emptied is filled up again from there', () => {
    using rig = new StoreRig({ maxBytes: 100 });
    rig.write(LINE.repeat(4));
    truncateSync(rig.path(), 0);
    rig.nowMs += 1000;
    rig.write(LINE.repeat(5));
    assert.deepEqual(rig.texts, [LINE.repeat(5)]);
  });
});

describe('retention', () => {
  test('no more than `keep`, the newest', () => {
    using rig = new StoreRig({ maxBytes: 1, keep: 3 });
    for (const line of numberedLines(1, 10)) rig.write(line);
    assert.deepEqual(
      rig.texts.map((text) => text.split(' ')[0]),
      ['7', '8', '9', '10'],
    );
  });

  test('one that is there plain and compressed counts once and goes whole', () => {
    using rig = new StoreRig({ maxBytes: 1, keep: 2 });
    mkdirSync(rig.spec.directory, { recursive: true });
    const names = [1, 2].map((number) => rotatedName(number, '2020-01-01T00:00:00.000Z'));
    for (const name of names) {
      writeFileSync(rig.path(name), LINE);
      writeFileSync(rig.path(`${name}.gz`), LINE);
    }
    rig.write(LINE);
    assert.equal(rig.rotatedNames.length, 4);
    rig.write(LINE);
    assert.deepEqual(
      rig.rotatedNames.map((name) => parseRotatedName(name)?.number),
      [2, 2, 3],
    );
  });

  test('all files together stay within the total at every moment, compressed ones counted', () => {
    const totalBytes = 2000;
    using rig = new StoreRig({ maxBytes: 500, totalBytes });
    mkdirSync(rig.spec.directory, { recursive: true });
    writeFileSync(rig.path(`${rotatedName(1, '2020-01-01T00:00:00.000Z')}.gz`), Buffer.alloc(700));
    let most = 0;
    for (const line of numberedLines(1, 2000)) {
      rig.write(line);
      const bytes = readdirSync(rig.spec.directory).map((name) => statSync(rig.path(name)).size);
      most = Math.max(
        most,
        bytes.reduce((one, other) => one + other),
      );
    }
    assert.ok(most <= totalBytes && most > totalBytes - 500, `${most} bytes at most`);
    assert.ok(!rig.rotatedNames.some((name) => name.endsWith('.gz')));
  });

  test('with a total alone the files are half of it', () => {
    using rig = new StoreRig({ totalBytes: 1000 });
    for (const line of numberedLines(1, 500)) rig.write(line);
    assert.ok(rig.texts.every((text) => text.length <= 500));
    assert.equal(rig.texts.length, 2);
  });

  test('what is beyond the limits at the start goes with the first line; what is not ours, and what is underway, stays', () => {
    using rig = new StoreRig({ maxBytes: 1000, keep: 1 });
    mkdirSync(rig.spec.directory, { recursive: true });
    const time = '2020-01-01T00:00:00.000Z';
    const underway = `${rotatedName(2, time)}.gz.tmp`;
    const foreign = ['notes.txt', '00000001.log', `${rotatedName(7, time)}.bz2`, underway];
    for (const name of foreign) writeFileSync(rig.path(name), '');
    for (const number of [1, 2, 3]) writeFileSync(rig.path(rotatedName(number, time)), LINE);
    rig.write(LINE);
    assert.deepEqual(
      readdirSync(rig.spec.directory).sort(),
      [rotatedName(3, time), ...foreign, 'current.log'].sort(),
    );
  });

  test('a rotated file that is not compressed is told again to whoever compresses', () => {
    using rig = new StoreRig({ maxBytes: 1000, compress: 'gzip' });
    mkdirSync(rig.spec.directory, { recursive: true });
    const time = '2020-01-01T00:00:00.000Z';
    for (const name of [`${rotatedName(1, time)}.gz`, rotatedName(2, time), rotatedName(3, time)])
      writeFileSync(rig.path(name), LINE);
    rig.write(LINE);
    rig.write(LINE);
    assert.deepEqual(rig.rotations, [rig.path(rotatedName(3, time))]);
  });
});

describe('mode and owner', () => {
  const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);
  const skip = process.getuid?.() === 0 ? false : 'only root can give files away';

  test('are as they were asked for, whatever the umask', () => {
    using rig = new StoreRig({ mode: 0o664, maxBytes: 1 });
    const before = process.umask(0o077);
    try {
      rig.write(LINE + LINE);
      assert.deepEqual(
        [...rig.rotatedNames, 'current.log'].map((name) => modeOf(rig.path(name))),
        ['664', '664'],
      );
      assert.equal(modeOf(rig.spec.directory), '750');
    } finally {
      process.umask(before);
    }
  });

  test('every file has its owner, its directory the group', { skip }, () => {
    using rig = new StoreRig({ mode: 0o640, maxBytes: 1, uid: 1234, gid: 2345 });
    rig.write(LINE + LINE);
    for (const name of [...rig.rotatedNames, 'current.log']) {
      const { uid, gid } = statSync(rig.path(name));
      assert.deepEqual({ uid, gid, mode: modeOf(rig.path(name)) }, { uid: 1234, gid: 2345, mode: '640' });
    }
    const { uid, gid } = statSync(rig.spec.directory);
    assert.deepEqual({ uid, gid }, { uid: 0, gid: 2345 });
  });

  test('of a file that is there already follow the configuration', { skip }, () => {
    using rig = new StoreRig({ mode: 0o600, uid: 1234, gid: 2345 });
    mkdirSync(rig.spec.directory, { recursive: true, mode: 0o750 });
    writeFileSync(rig.path(), LINE, { mode: 0o644 });
    rig.write(LINE);
    const { uid, gid } = statSync(rig.path());
    assert.deepEqual({ uid, gid, mode: modeOf(rig.path()) }, { uid: 1234, gid: 2345, mode: '600' });
  });

  test('a file that others may have put there is not given away', { skip }, () => {
    using rig = new StoreRig({ mode: 0o666, uid: 1234, gid: 2345 });
    mkdirSync(rig.spec.directory, { recursive: true });
    writeFileSync(rig.path(), 'the secret of root\n', { mode: 0o600 });
    // The directory is that of the user.
    chownSync(rig.spec.directory, 1234, 1234);
    rig.write(LINE);
    const { uid } = statSync(rig.path());
    assert.deepEqual({ uid, mode: modeOf(rig.path()) }, { uid: 0, mode: '600' });
    assert.equal(rig.read(), `the secret of root\n${LINE}`);
  });

  test('where they cannot be had that is told once, and lines are written', () => {
    using rig = new StoreRig({ maxBytes: 1, mode: 0o600, gid: 2345 });
    rig.fates = (call) => (call === 'fchown' ? { kind: 'errno', errno: 'EPERM' } : undefined);
    const lines = numberedLines(1, 5);
    for (const line of lines) rig.write(line);
    assertAccounted(rig, lines);
    assert.equal(rig.droppedLines, 0);
    assert.match(
      rig.failures.map(({ text }) => text).join('\n'),
      /^cannot set the owner .*EPERM.*written all the same$/,
    );
    assert.deepEqual(rig.recoveries, [0]);
  });

  test('an entry of another kind among the rotated files hurts nobody', () => {
    using rig = new StoreRig({ maxBytes: 1, keep: 1 });
    const time = '2020-01-01T00:00:00.000Z';
    mkdirSync(rig.path(rotatedName(2, time)), { recursive: true });
    writeFileSync(rig.path(rotatedName(1, time)), LINE);
    const lines = numberedLines(1, 4);
    for (const line of lines) rig.write(line);
    assert.equal(rig.droppedLines, 0);
    assert.equal(rig.failures.length, 1);
    assert.equal(rig.read(), lines[3]);
    assert.deepEqual(
      rig.rotatedNames.map((name) => parseRotatedName(name)?.number),
      [2, 5],
    );
  });
});
