// What goes wrong with log files, and what somebody may have put in their place. Nothing of it throws, waits, or goes untold, and it is told once;
// every line is in a file or counted.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { assertAccounted, failing, numberedLines, StoreRig, type Fate } from './support/store-rig.ts';

const LINES = numberedLines(1, 40);
const text = (rig: StoreRig): string => rig.failures.map((failure) => failure.text).join('\n');

describe('a call that fails', () => {
  for (const errno of ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO', 'EMFILE', 'ENFILE', 'EFBIG', 'ESTALE']) {
    test(`${errno}: lines are counted, nothing is tried for 2 s, and it is told once, and once that it is over`, () => {
      using rig = new StoreRig();
      rig.write(LINES[0] ?? '');
      rig.store.close();
      rig.fates = failing(errno, 'write', 'open');
      const before = rig.calls.length;
      for (const line of LINES.slice(1, 10)) rig.write(line);
      assert.ok(rig.calls.length - before < 8, 'a cool-down');
      for (let second = 0; second < 10; second += 1) {
        rig.nowMs += 2000;
        rig.write(LINES[10 + second] ?? '');
      }
      assert.equal(rig.droppedLines, 19);
      assert.deepEqual(
        rig.failures.map((failure) => [failure.store, failure.errno]),
        [[{ kind: 'file', name: 'web' }, errno]],
      );
      assert.match(text(rig), /^cannot write \/.*\/logs\/web\/current\.log: .+; .+ \(E[A-Z]+\)$|forgotten/);
      rig.fates = () => undefined;
      rig.write(LINES[20] ?? '');
      assert.equal(rig.droppedLines, 20, 'still cooling down');
      rig.nowMs += 2000;
      for (const line of LINES.slice(21)) rig.write(line);
      assert.deepEqual(rig.recoveries, [20]);
      assertAccounted(rig, LINES);
      assert.ok(rig.openDescriptors <= 2);
    });
  }

  test('each time that it is over it is told how many lines were lost since the last', () => {
    using rig = new StoreRig();
    for (const lost of [3, 2]) {
      rig.fates = failing('ENOSPC', 'write');
      for (let line = 0; line < lost; line += 1) rig.write('lost\n');
      rig.fates = () => undefined;
      rig.nowMs += 2000;
      rig.write('kept\n');
    }
    assert.deepEqual(rig.recoveries, [3, 2]);
    assert.equal(rig.failures.length, 2);
  });

  test('a full disk in the middle of a line: what was written of it is cut back', () => {
    using rig = new StoreRig();
    rig.write(LINES[0] ?? '');
    let writes = 0;
    rig.fates = (call): Fate | undefined => {
      if (call !== 'write') return undefined;
      writes += 1;
      return writes === 1 ? { kind: 'short', bytes: 100 } : { kind: 'errno', errno: 'ENOSPC' };
    };
    rig.write(LINES.slice(1).join(''));
    const whole = rig.read().split('\n').length - 1;
    assert.ok(whole > 3);
    assert.equal(rig.droppedLines, 40 - whole);
    assertAccounted(rig, LINES);
    assert.equal(rig.writtenBytes, rig.read().length, 'only what is there counts as written');
  });

  test('where it cannot be cut back the line is ended when there is room', () => {
    using rig = new StoreRig();
    let writes = 0;
    rig.fates = (call): Fate | undefined => {
      if (call === 'ftruncate') return { kind: 'errno', errno: 'EIO' };
      if (call !== 'write') return undefined;
      writes += 1;
      return writes === 1 ? { kind: 'short', bytes: 5 } : { kind: 'errno', errno: 'ENOSPC' };
    };
    rig.write('0123456789\n');
    assert.equal(rig.droppedLines, 1);
    rig.fates = () => undefined;
    rig.nowMs += 2000;
    rig.write('next\n');
    assert.equal(rig.read(), '01234\nnext\n');
  });

  test('a write that takes nothing is a failure, not a loop', () => {
    using rig = new StoreRig();
    rig.fates = (call) => (call === 'write' ? { kind: 'short', bytes: 0 } : undefined);
    rig.write('line\n');
    assert.equal(rig.droppedLines, 1);
    assert.match(text(rig), /takes no bytes/);
  });

  test('a rotation that fails costs no line: the file grows, and it is tried again later', () => {
    using rig = new StoreRig({ maxBytes: 100 });
    rig.fates = failing('EACCES', 'rename');
    for (const line of LINES) rig.write(line);
    assert.deepEqual(rig.texts, [LINES.join('')]);
    assert.equal(rig.calls.filter((call) => call === 'rename').length, 1);
    const before = rig.calls.length;
    rig.write(LINES.join(''));
    assert.deepEqual(rig.calls.slice(before), ['write'], 'still one call for a block');
    assert.match(text(rig), /^cannot rotate .*permission denied.*It grows until that can be done$/);
    rig.nowMs += 2000;
    rig.write('later\n');
    assert.equal(rig.failures.length, 1);
    rig.fates = () => undefined;
    rig.nowMs += 2000;
    rig.write('last\n');
    assert.deepEqual(rig.texts, [`${LINES.join('').repeat(2)}later\n`, 'last\n']);
    assert.deepEqual(rig.recoveries, [0]);
    assert.equal(rig.droppedLines, 0);
  });

  test('a file that cannot be removed keeps no other from being removed', () => {
    using rig = new StoreRig({ maxBytes: 1, keep: 2 });
    rig.fates = (call, _index, args) =>
      call === 'unlink' && String(args[0]).includes('00000002')
        ? { kind: 'errno', errno: 'EPERM' }
        : undefined;
    for (const line of LINES) rig.write(line);
    assert.deepEqual(
      rig.rotatedNames.map((name) => Number(name.slice(0, 8))),
      [2, 38, 39],
    );
    assert.equal(rig.failures.length, 1);
    rig.fates = () => undefined;
    rig.write('more\n');
    assert.equal(rig.rotatedNames.length, 2);
    assert.deepEqual(rig.recoveries, [0]);
  });

  test('a directory that cannot be read: lines are written', () => {
    using rig = new StoreRig({ maxBytes: 100, keep: 2, compress: 'gzip' });
    rig.fates = failing('EACCES', 'readdir');
    for (const line of LINES) rig.write(line);
    assert.equal(rig.read(), LINES.join(''));
    assert.equal(rig.droppedLines, 0);
  });

  test('a close that fails is told: what was written last may be lost', () => {
    using rig = new StoreRig();
    rig.write('line\n');
    let wasClosed = 0;
    rig.fates = (call) =>
      call === 'close' && wasClosed++ === 0 ? { kind: 'errno', errno: 'EIO' } : undefined;
    rig.store.close();
    assert.match(text(rig), /^cannot close .*current\.log, and its last lines may be lost/);
  });

  test('without /proc names are looked up by path', () => {
    using rig = new StoreRig({ maxBytes: 100 });
    rig.fates = (call, _index, args) =>
      call === 'lstat' && String(args[0]).startsWith('/proc/')
        ? { kind: 'errno', errno: 'ENOENT' }
        : undefined;
    for (const line of LINES) rig.write(line);
    assertAccounted(rig, LINES);
    assert.ok(rig.rotatedNames.length > 3 && rig.droppedLines === 0);
  });

  test('a clock that is set back during the cool-down does not make it longer', () => {
    using rig = new StoreRig();
    rig.fates = failing('ENOSPC', 'write');
    rig.write('lost\n');
    rig.fates = () => undefined;
    rig.nowMs -= 86_400_000;
    rig.write('kept\n');
    assert.equal(rig.read(), 'kept\n');
  });
});

describe('somebody else at work in the directory', () => {
  const KEPT = 'before\nnot noticed yet\nafter\n';
  /** And what is in the new file then: what was moved away is still there. */
  const removals: readonly (readonly [string, string, (rig: StoreRig) => void])[] = [
    [
      'the file is removed',
      KEPT,
      (rig) => {
        unlinkSync(rig.path());
      },
    ],
    [
      'the file is moved away',
      'after\n',
      (rig) => {
        renameSync(rig.path(), rig.path('mine'));
      },
    ],
    [
      'another file is in its place',
      `other\n${KEPT}`,
      (rig) => {
        unlinkSync(rig.path());
        writeFileSync(rig.path(), 'other\n');
      },
    ],
    [
      'the directory is removed',
      KEPT,
      (rig) => {
        rmSync(rig.spec.directory, { recursive: true });
      },
    ],
    [
      'the directory is moved away',
      'after\n',
      (rig) => {
        renameSync(rig.spec.directory, `${rig.spec.directory}.old`);
      },
    ],
    [
      'its parent is removed',
      KEPT,
      (rig) => {
        rmSync(join(rig.spec.directory, '..'), { recursive: true });
      },
    ],
  ];
  for (const [what, kept, remove] of removals) {
    test(`${what}: noticed within a second, told, and begun anew; no line is lost`, () => {
      using rig = new StoreRig();
      rig.write('before\n');
      remove(rig);
      rig.nowMs += 999;
      rig.write('not noticed yet\n');
      assert.deepEqual(rig.failures, []);
      rig.nowMs += 1;
      rig.write('after\n');
      assert.equal(rig.read(), kept);
      assert.equal(rig.droppedLines, 0);
      assert.match(text(rig), /current\.log was removed or replaced .* A new one is begun$/);
      assert.deepEqual(rig.recoveries, [0]);
      assert.equal(rig.openDescriptors, 2);
    });
  }

  test('a file that was removed is not rotated: another that is there now is left alone', () => {
    using rig = new StoreRig({ maxBytes: 20 });
    rig.write('1234567890\n');
    unlinkSync(rig.path());
    rig.write('abcdefghijk\n');
    assert.deepEqual(rig.texts, ['1234567890\n', 'abcdefghijk\n']);
  });

  test('a file that is removed under a writer at full speed: what comes after is in the next one, whole and in order', () => {
    using rig = new StoreRig();
    const lines = numberedLines(1, 300_000);
    const write = (from: number, to: number): void => {
      for (let at = from; at < to; at += 1000) rig.write(lines.slice(at, at + 1000).join(''));
    };
    write(0, 100_000);
    unlinkSync(rig.path());
    write(100_000, 300_000);
    const kept = rig.read().split(/(?<=\n)/);
    assert.deepEqual(kept, lines.slice(-kept.length));
    assert.ok(kept.length >= 200_000, `${kept.length} lines`);
    const looks = rig.calls.filter((call) => call === 'lstat').length;
    assert.ok(looks < 10, `${looks} looks at ${lines.join('').length} bytes`);
    assert.equal(rig.droppedLines, 0);
  });

  test('what cannot be restored of a removed file is counted', () => {
    using rig = new StoreRig();
    rig.write('before\n');
    unlinkSync(rig.path());
    rig.write('lost 1\nlost 2\n');
    rig.nowMs += 1000;
    rig.fates = failing('ENOSPC', 'write');
    rig.write('lost 3\n');
    assert.equal(rig.droppedLines, 4);
    assert.equal(rig.writtenBytes, 0);
    rig.fates = () => undefined;
    rig.nowMs += 2000;
    rig.write('after\n');
    assert.equal(rig.read(), 'after\n');
    assert.deepEqual(rig.recoveries, [4]);
  });

  test('a file that is removed before Bosun ends, or before it is as old as it may be: its last lines are restored', () => {
    for (const end of ['close', 'tick'] as const) {
      using rig = new StoreRig({ maxAgeMs: 500 });
      rig.write('one\n');
      unlinkSync(rig.path());
      rig.write('two\n');
      rig.nowMs += 600;
      if (end === 'close') rig.store.close();
      else rig.tick();
      assert.deepEqual(rig.texts, ['one\ntwo\n']);
      assert.equal(rig.openDescriptors, 0);
    }
  });

  const secret = 'not for logs\n';
  const refusals: readonly (readonly [string, RegExp, (rig: StoreRig, target: string) => void])[] = [
    [
      'a symbolic link',
      /is a symbolic link/,
      (rig, target) => {
        symlinkSync(target, rig.path());
      },
    ],
    [
      'a link to nowhere',
      /is a symbolic link/,
      (rig) => {
        symlinkSync('/nowhere/at/all', rig.path());
      },
    ],
    [
      'a hard link',
      /has other names \(hard links\)/,
      (rig, target) => {
        linkSync(target, rig.path());
      },
    ],
    ['a FIFO', /is not a regular file/, (rig) => execFileSync('mkfifo', [rig.path()])],
    [
      'a directory',
      /is a directory/,
      (rig) => {
        mkdirSync(rig.path());
      },
    ],
  ];
  for (const [what, expected, place] of refusals) {
    test(`${what} for current.log is refused, and nothing is written elsewhere`, () => {
      using rig = new StoreRig();
      mkdirSync(rig.spec.directory, { recursive: true });
      const target = join(rig.root, 'target');
      writeFileSync(target, secret, { mode: 0o600 });
      place(rig, target);
      rig.write('line\n');
      assert.equal(rig.droppedLines, 1);
      assert.match(text(rig), expected);
      assert.match(text(rig), /^\/.*current\.log .*: remove it, and Bosun makes its own$/);
      assert.equal(readFileSync(target, 'utf8'), secret);
      assert.ok(!existsSync('/nowhere'));
      assert.equal(rig.openDescriptors, 0);
      rmSync(rig.path(), { recursive: true });
      rig.nowMs += 2000;
      rig.write('line\n');
      assert.equal(rig.read(), 'line\n');
      assert.deepEqual(rig.recoveries, [1]);
    });
  }

  test('a socket for current.log is refused', async () => {
    using rig = new StoreRig();
    mkdirSync(rig.spec.directory, { recursive: true });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(rig.path(), resolve));
    rig.write('line\n');
    assert.match(text(rig), /is not a regular file/);
    server.close();
  });

  test('a directory that is a symbolic link, or a file, is refused', () => {
    for (const place of [
      (rig: StoreRig) => {
        symlinkSync(rig.root, rig.spec.directory);
      },
      (rig: StoreRig) => {
        writeFileSync(rig.spec.directory, '');
      },
    ]) {
      using rig = new StoreRig();
      mkdirSync(join(rig.spec.directory, '..'), { recursive: true });
      place(rig);
      rig.write('line\n');
      assert.match(text(rig), /logs\/web is (a symbolic link|not a directory).*: remove it, or name another/);
      assert.ok(!existsSync(join(rig.root, 'current.log')));
      assert.equal(rig.droppedLines, 1);
    }
  });

  test('a directory that is replaced between two calls gets nothing: names are looked up in the one that was opened', () => {
    using rig = new StoreRig();
    const elsewhere = join(rig.root, 'elsewhere');
    mkdirSync(elsewhere);
    const moved = join(rig.root, 'moved');
    rig.fates = (call, _index, args) => {
      if (call === 'open' && String(args[0]).endsWith('current.log') && !existsSync(moved)) {
        renameSync(rig.spec.directory, moved);
        symlinkSync(elsewhere, rig.spec.directory);
      }
      return undefined;
    };
    rig.write('line\n');
    assert.ok(!existsSync(join(elsewhere, 'current.log')));
    assert.equal(readFileSync(join(moved, 'current.log'), 'utf8'), 'line\n');
  });

  test('a directory that nobody may write to', { skip: process.getuid?.() === 0 && 'root may' }, () => {
    using rig = new StoreRig();
    mkdirSync(rig.spec.directory, { recursive: true });
    chmodSync(rig.spec.directory, 0o500);
    rig.write('line\n');
    assert.match(text(rig), /permission denied/);
  });
});

test('any blocks, limits, ends and faults: every line is in the files once and in order, or counted', () => {
  const errnos = ['ENOSPC', 'EIO', 'EROFS', 'EACCES', 'EMFILE', 'ENOENT'];
  const befall = fc.record({
    at: fc.nat(400),
    calls: fc.nat(12),
    fate: fc.oneof(
      fc.constantFrom(...errnos).map((errno): Fate => ({ kind: 'errno', errno })),
      fc.nat(40).map((bytes): Fate => ({ kind: 'short', bytes: bytes + 1 })),
      fc.constant<Fate>({ kind: 'death', work: 'not-done' }),
    ),
  });
  const plan = fc.record({
    sizes: fc.array(fc.nat(20), { minLength: 5, maxLength: 40 }),
    maxBytes: fc.constantFrom(0, 30, 60, 300, 2000),
    maxAgeMs: fc.constantFrom(0, 500, 5000),
    stepsMs: fc.constantFrom(1, 300, 1500, -700),
    befalls: fc.array(befall, { maxLength: 12 }),
    restarts: fc.array(fc.nat(40), { maxLength: 4 }),
  });
  let [drops, deaths, rotations] = [0, 0, 0];
  const property = fc.property(plan, ({ sizes, maxBytes, maxAgeMs, stepsMs, befalls, restarts }) => {
    using rig = new StoreRig({ maxBytes, maxAgeMs });
    rig.fates = (call, index) => {
      const due = befalls.find(({ at, calls }) => index >= at && index <= at + calls);
      if (due?.fate.kind === 'death') return index === due.at ? due.fate : undefined;
      if (due?.fate.kind === 'short') return call === 'write' ? due.fate : undefined;
      return due?.fate;
    };
    const written: string[] = [];
    for (const [index, size] of sizes.entries()) {
      const lines = numberedLines(written.length, size);
      written.push(...lines);
      if (restarts.includes(index)) rig.restart();
      rig.nowMs += stepsMs;
      rig.tick();
      rig.write(lines.join(''));
    }
    // Two faults at once leave beginnings of lines: a cut or an open that fails after a write that did.
    assertAccounted(rig, written, '', befalls.length);
    drops += rig.droppedLines;
    deaths += rig.deaths;
    rotations += rig.rotations.length;
  });
  fc.assert(property, { numRuns: 100 });
  assert.ok(
    drops > 0 && deaths > 0 && rotations > 0,
    `${drops} lines dropped, ${deaths} deaths, ${rotations} rotations`,
  );
});
