// A disk that is full or read-only, as the kernel makes it: events are held, nothing is lost, and when it can be written again they
// are, in order. On a small tmpfs of the test's own, for which it must be root.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../support/deadline.ts';
import { JournalRig } from './support/journal-rig.ts';
import { life, recorded } from './support/plain-events.ts';

class SmallDisk implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'bosun-disk-'));

  constructor(options: string) {
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', this.path]);
  }

  remount(options: string): void {
    execFileSync('/bin/mount', ['-o', `remount,${options}`, this.path]);
  }

  [Symbol.dispose](): void {
    execFileSync('/bin/umount', ['--lazy', this.path]);
    rmSync(this.path, { recursive: true });
  }
}

const skip = process.getuid?.() === 0 ? false : 'only root can mount';
const WIDE = 'x'.repeat(1000);

function emit(rig: JournalRig, id: number): void {
  rig.take([recorded(id, { type: 'listener-failed', listener: String(id), reason: WIDE })]);
}

function readAll({ view: { eventLog } }: JournalRig): readonly number[] {
  const ids: number[] = [];
  for (let after = eventLog.oldestId - 1; after < eventLog.lastId;) {
    const { events, scannedTo } = eventLog.page(after, {}, 1000);
    ids.push(...events.map(({ id }) => id));
    after = scannedTo;
  }
  return ids;
}

const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1);

test(
  'a disk that is full: held in memory, told once, written in order when there is room',
  { skip },
  async () => {
    using disk = new SmallDisk('size=1m');
    using rig = new JournalRig({}, join(disk.path, 'state'));
    rig.begin();
    rig.take(life(1, 1));
    let id = 1;
    while (rig.journal.report.state === 'writing' && id < 5000) emit(rig, ++id);
    const { reason } = rig.journal.report;
    assert.match(reason, /full/);
    assert.ok(id > 50 && id < 1000, `${id} events fit`);
    const fullAt = id;
    while (id < fullAt + 100) emit(rig, ++id);
    // Whoever listens has seen them all.
    assert.deepEqual(readAll(rig).at(-1), id);
    assert.equal(rig.journal.report.held, 101);
    assert.deepEqual(rig.notes, [{ type: 'journal-failed', reason }]);
    disk.remount('size=16m');
    await until('it to be written', () => rig.journal.report.state === 'writing');
    assert.deepEqual(rig.notes.slice(1), [{ type: 'journal-recovered', held: 101, lost: 0 }]);
    while (id < fullAt + 200) emit(rig, ++id);
    rig.restart();
    assert.deepEqual(readAll(rig), upTo(id));
    assert.equal(rig.notes.length, 2);
  },
);

test('a disk that is read-only from the start, then for a while: the same', { skip }, async () => {
  using disk = new SmallDisk('size=16m,ro');
  using rig = new JournalRig({}, join(disk.path, 'state'));
  rig.begin(life(1, 3));
  assert.deepEqual([rig.journal.report.state, rig.journal.report.held], ['held-in-memory', 3]);
  assert.match(rig.journal.report.reason, /EROFS/);
  disk.remount('rw');
  await until('it to be written', () => rig.journal.report.state === 'writing');
  emit(rig, 4);
  rig.end();
  // A file system is remounted read-only by the kernel when its disk fails.
  disk.remount('ro');
  rig.begin();
  emit(rig, 5);
  assert.equal(rig.journal.report.state, 'held-in-memory');
  disk.remount('rw');
  await until('it to be written again', () => rig.journal.report.state === 'writing');
  emit(rig, 6);
  rig.restart();
  assert.deepEqual(readAll(rig), upTo(6));
  assert.deepEqual(
    rig.notes.map(({ type }) => type),
    ['journal-failed', 'journal-recovered', 'journal-failed', 'journal-recovered'],
  );
});
