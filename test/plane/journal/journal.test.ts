// The journal on a real directory: what was appended is there, in order, whatever happened to its files, and nobody can change it.
import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { RecordedEvent } from '../../../supervisor/core/event.ts';
import type { Pid, RunId, ServiceName } from '../../../supervisor/core/names.ts';
import { readLastState } from '../../../supervisor/plane/journal/last-state.ts';
import { until } from '../../support/deadline.ts';
import { JournalRig } from './support/journal-rig.ts';
import { BOOTED, events, life, recorded } from './support/plain-events.ts';

/** Everything from the oldest on, page by page. */
function all({ view: { eventLog } }: JournalRig, limit = 700): readonly RecordedEvent[] {
  const read: RecordedEvent[] = [];
  for (let after = eventLog.oldestId - 1; after < eventLog.lastId;) {
    const page = eventLog.page(after, {}, limit);
    assert.ok(page.scannedTo > after && page.events.length <= limit);
    read.push(...page.events);
    after = page.scannedTo;
  }
  return read;
}

const idsOf = (read: readonly RecordedEvent[]): readonly number[] => read.map(({ id }) => id);
const range = (first: number, last: number): readonly number[] => idsOf(events(first, last));
const segments = (rig: JournalRig): readonly string[] =>
  readdirSync(rig.files).filter((name) => /^events-\d+\.sqlite$/.test(name));
const asides = (rig: JournalRig): readonly string[] =>
  readdirSync(rig.files).filter((name) => /^set-aside-.*\.sqlite$/.test(name));
const fileOf = (rig: JournalRig, firstId: number): string =>
  join(rig.files, `events-${String(firstId).padStart(14, '0')}.sqlite`);
const notesOf = (rig: JournalRig): readonly string[] => rig.notes.map(({ type }) => type);

test('every field of an event comes back, in order, also after the end of a process that was killed', () => {
  using rig = new JournalRig();
  rig.begin();
  const service = 'a' as ServiceName;
  const given: RecordedEvent[] = [
    recorded(1, BOOTED),
    { ...recorded(2, { type: 'wanted', service, wanted: 'down' }), actor: 'uid:0', command: 'c-1', cause: 1 },
    recorded(3, { type: 'spawned', service, run: 1 as RunId, pid: 7 as Pid, degraded: ['über "alles"\n'] }),
  ];
  rig.take(given);
  // What a kill -9 leaves: the files as they are, with the log that was not written back yet.
  using killed = new JournalRig();
  mkdirSync(killed.files);
  for (const name of readdirSync(rig.files)) copyFileSync(join(rig.files, name), join(killed.files, name));
  killed.begin([...given, recorded(4)]);
  assert.deepEqual(all(killed), [...given, recorded(4)]);
  assert.deepEqual(all(rig), given);
});

test('an event is on the disk before anybody hears of it', () => {
  using rig = new JournalRig();
  rig.begin();
  const heard: (readonly [number, boolean])[] = [];
  rig.view.subscribe(({ id }) => {
    const { events: found } = rig.journal.page(id - 1, id, {}, 1);
    heard.push([id, found[0]?.id === id]);
  });
  rig.take(life(1, 3));
  assert.deepEqual(heard, [
    [1, true],
    [2, true],
    [3, true],
  ]);
});

test('a start has a thousand events to replay at most, and none after an orderly end', () => {
  using rig = new JournalRig();
  rig.begin();
  rig.take(life(1, 1));
  for (let id = 2; id <= 3500; id++) rig.take(events(id, id));
  const newest = rig.journal.base('newest')?.lastId ?? 0;
  assert.ok(newest >= 2500 && newest < 3500, String(newest));
  assert.equal(rig.journal.base('oldest')?.lastId, 0);
  rig.restart();
  assert.equal(rig.journal.base('newest')?.lastId, 3500);
});

test('nobody changes or removes an event: SQLite itself refuses it', () => {
  using rig = new JournalRig();
  rig.begin();
  rig.take(life(1, 3));
  rig.end();
  const raw = new DatabaseSync(fileOf(rig, 1));
  const refused = [
    ["UPDATE events SET actor = 'nobody' WHERE id = 2", /never changed/],
    ['DELETE FROM events WHERE id = 2', /never deleted/],
    ['DELETE FROM events', /never deleted/],
    ['INSERT OR REPLACE INTO events SELECT * FROM events WHERE id = 2', /only appended/],
    ["INSERT INTO events SELECT 0, 0, NULL, 'x', 0, 0, 1, '', '', 0, '{}'", /only appended/],
  ] as const;
  for (const [text, message] of refused)
    assert.throws(() => {
      raw.exec(text);
    }, message);
  raw.close();
  rig.begin();
  assert.deepEqual(all(rig), life(1, 3));
});

test('a second Bosun cannot mix its events in, and gets the journal when the first has gone', async () => {
  using first = new JournalRig();
  first.begin();
  first.take(life(1, 10));
  using second = new JournalRig({}, first.directory);
  second.begin(life(1, 5, 1));
  assert.deepEqual(second.journal.report.state, 'held-in-memory');
  assert.match(second.journal.report.reason, /locked: another process, such as a second Bosun, has it open/);
  first.take(events(11, 12));
  assert.throws(() => readLastState(first.directory, first.limits), /locked/);
  first.end();
  await until('the second to write', () => second.journal.report.state === 'writing');
  assert.deepEqual(notesOf(second), ['journal-failed', 'journal-set-aside', 'journal-recovered']);
  assert.deepEqual(all(second), life(1, 5, 1));
  first.begin();
  assert.equal(first.journal.report.state, 'held-in-memory');
});

test('a full segment is followed by another; beyond those that are kept the oldest goes, as a whole', () => {
  using rig = new JournalRig({ segmentEvents: 1000, keep: 3 });
  rig.begin();
  rig.take(life(1, 1));
  for (let id = 2; id <= 4500; id += 3) rig.take(events(id, Math.min(id + 2, 4500)));
  assert.equal(segments(rig).length, 3);
  const { oldestId } = rig.journal;
  assert.ok(oldestId > 1999 && oldestId < 2010, String(oldestId));
  rig.restart();
  const log = rig.view.eventLog;
  assert.deepEqual(idsOf(all(rig)), range(oldestId, 4500));
  assert.deepEqual(
    [log.covers(oldestId - 2), log.covers(oldestId - 1), log.covers(4500)],
    [false, true, true],
  );
});

test('a segment ends by its size as well', () => {
  using rig = new JournalRig({ segmentBytes: 1 << 20 });
  rig.begin();
  rig.take(life(1, 1));
  const wide = 'x'.repeat(2000);
  for (let id = 2; id <= 2500; id++)
    rig.take([recorded(id, { type: 'listener-failed', listener: '', reason: wide })]);
  assert.ok(segments(rig).length >= 2, segments(rig).join());
  assert.deepEqual(idsOf(all(rig)), range(1, 2500));
});

test('a page looks at a bounded number of events, filters, and says how far it has looked', () => {
  using rig = new JournalRig();
  rig.begin();
  const service = 'a' as ServiceName;
  rig.take([...life(1, 9000), recorded(9001, { type: 'waiting', service }), ...events(9002, 22_000)]);
  const log = rig.view.eventLog;
  const first = log.page(0, { services: ['a'] }, 10);
  assert.deepEqual(first.events, []);
  assert.ok(first.scannedTo > 0 && first.scannedTo <= 3000, String(first.scannedTo));
  const found: number[] = [];
  for (let after = 0; after < log.lastId;) {
    const page = log.page(after, { services: ['a', 'b'], types: ['waiting', 'starting'] }, 10);
    found.push(...idsOf(page.events));
    after = page.scannedTo;
  }
  assert.deepEqual(found, [9001]);
  assert.deepEqual(log.page(22_000, {}, 10), { events: [], scannedTo: 22_000 });
});

test('what is appended again is passed over; another numbering sets the journal aside', () => {
  using rig = new JournalRig();
  rig.begin();
  rig.take(life(1, 100));
  rig.end();
  rig.begin(life(1, 120));
  assert.deepEqual(idsOf(all(rig)), range(1, 120));
  assert.deepEqual(rig.notes, []);
  rig.end();
  // The engine could not read it at its start, and counts from 1.
  rig.begin(life(1, 50, 1));
  assert.deepEqual(notesOf(rig), ['journal-set-aside']);
  assert.deepEqual(all(rig), life(1, 50, 1));
  rig.end();
  rig.begin(life(1, 200, 2));
  assert.deepEqual(notesOf(rig), ['journal-set-aside', 'journal-set-aside']);
  assert.deepEqual(all(rig), life(1, 200, 2));
});

test('a journal that is further on than the engine is set aside, all of it', () => {
  using rig = new JournalRig({ segmentEvents: 1000 });
  rig.begin();
  rig.take(life(1, 1));
  for (let id = 2; id <= 1500; id += 10) rig.take(events(id, Math.min(id + 9, 1500)));
  assert.equal(segments(rig).length, 2);
  rig.end();
  rig.begin(life(1, 20, 1));
  assert.deepEqual(notesOf(rig), ['journal-set-aside', 'journal-set-aside']);
  assert.deepEqual(all(rig), life(1, 20, 1));
});

test('a gap is where another segment begins, and what is before it is not shown as if nothing were missing', () => {
  using rig = new JournalRig();
  rig.begin();
  rig.take(life(1, 100));
  rig.end();
  rig.begin(events(151, 180));
  assert.deepEqual(rig.notes, [{ type: 'journal-recovered', held: 30, lost: 50 }]);
  assert.equal(rig.view.eventLog.oldestId, 151);
  assert.equal(rig.view.eventLog.covers(100), false);
  assert.deepEqual(segments(rig).length, 2);
  rig.take(events(181, 190));
  rig.restart();
  assert.deepEqual(idsOf(all(rig)), range(151, 190));
  assert.deepEqual(rig.journal.base('oldest')?.lastId, 180);
});

test('a journal of a newer Bosun is set aside and told', () => {
  using rig = new JournalRig();
  rig.begin();
  rig.take(life(1, 3));
  rig.end();
  const raw = new DatabaseSync(fileOf(rig, 1));
  raw.exec('PRAGMA user_version = 99');
  raw.close();
  rig.begin(life(1, 2, 1));
  const [note] = rig.notes;
  assert.ok(note?.type === 'journal-set-aside' && /newer Bosun/.test(note.reason), JSON.stringify(note));
  assert.deepEqual([all(rig).length, asides(rig).length], [2, 1]);
});

const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  'is not a database': (path) => {
    writeFileSync(path, 'x'.repeat(20_000));
  },
  'was cut off in the middle of a page': (path) => {
    const fd = openSync(path, 'r+');
    ftruncateSync(fd, 9000);
    closeSync(fd);
  },
  'has garbage in it': (path) => {
    const fd = openSync(path, 'r+');
    writeSync(fd, Buffer.alloc(8192, 0xa5), 0, 8192, 4096);
    closeSync(fd);
  },
};

for (const [what, damage] of Object.entries(DAMAGES))
  test(`a file that ${what} is set aside; ids go on above all that it may have had`, () => {
    using rig = new JournalRig({ segmentEvents: 1000 });
    rig.begin();
    rig.take(life(1, 1));
    for (let id = 2; id <= 1500; id += 50) rig.take(events(id, Math.min(id + 49, 1500)));
    rig.end();
    const newest = fileOf(rig, Number(/\d+/.exec(segments(rig).at(-1) ?? '')?.[0]));
    damage(newest);
    const last = readLastState(rig.directory, rig.limits);
    assert.equal(last?.setAside.length, 1);
    assert.equal(last.state, undefined);
    assert.ok(last.lastId >= 1500, String(last.lastId));
    rig.begin(life(last.lastId + 1, last.lastId + 5, 1));
    assert.deepEqual(idsOf(all(rig)), range(last.lastId + 1, last.lastId + 5));
    assert.equal(rig.journal.report.state, 'writing');
    assert.equal(asides(rig).length, 1);
  });

test('a write-ahead log that ends in a torn page gives every event up to it', () => {
  using rig = new JournalRig();
  rig.begin();
  rig.take(life(1, 1));
  for (let id = 2; id <= 200; id++) rig.take(events(id, id));
  using torn = new JournalRig();
  mkdirSync(torn.files);
  for (const name of readdirSync(rig.files)) copyFileSync(join(rig.files, name), join(torn.files, name));
  const fd = openSync(`${fileOf(torn, 1)}-wal`, 'r+');
  // Frames are a page and 24 bytes: https://sqlite.org/fileformat2.html#walformat.
  ftruncateSync(fd, 32 + 150 * (4096 + 24) - 1000);
  closeSync(fd);
  const last = readLastState(torn.directory, torn.limits);
  assert.ok(last !== undefined && last.lastId > 50 && last.lastId < 200, String(last?.lastId));
  assert.deepEqual(last.setAside, []);
  torn.begin(events(last.lastId + 1, last.lastId + 3).with(0, recorded(last.lastId + 1, BOOTED)));
  assert.deepEqual(idsOf(all(torn)), range(1, last.lastId + 3));
});

const MEDDLING: Readonly<Record<string, string>> = {
  'takes no events': `CREATE TRIGGER no BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END`,
  'takes no checkpoints': 'DROP TABLE checkpoints',
};

for (const [what, text] of Object.entries(MEDDLING))
  test(`a file that ${what} any more is set aside, and another one goes on`, () => {
    using rig = new JournalRig();
    rig.begin();
    rig.take(life(1, 10));
    rig.end();
    const raw = new DatabaseSync(fileOf(rig, 1));
    raw.exec(text);
    raw.close();
    rig.begin();
    rig.take(events(11, 20));
    rig.take(events(21, 30));
    assert.equal(rig.journal.report.state, 'writing');
    assert.deepEqual(notesOf(rig), ['journal-set-aside']);
    rig.restart();
    assert.deepEqual(idsOf(rig.journal.page(0, 30, {}, 100).events).at(-1), 30);
  });

test('an outage is told once, however often it is tried again', async () => {
  using rig = new JournalRig();
  writeFileSync(rig.files, 'a file is in the way');
  rig.begin(life(1, 3));
  const { reason } = rig.journal.report;
  rmSync(rig.files);
  mkdirSync(fileOf(rig, 1), { recursive: true });
  await until('another try', () => rig.journal.report.reason !== reason);
  assert.deepEqual(rig.notes, [{ type: 'journal-failed', reason }]);
  rmSync(rig.files, { recursive: true });
  await until('it to be written', () => rig.journal.report.state === 'writing');
  assert.deepEqual(notesOf(rig), ['journal-failed', 'journal-recovered']);
});

test('what is held at the end is tried once more', () => {
  using rig = new JournalRig();
  const state = join(rig.directory, 'journal');
  writeFileSync(state, 'a file is in the way');
  rig.begin(life(1, 3));
  assert.equal(rig.journal.report.state, 'held-in-memory');
  rmSync(state);
  rig.end();
  assert.equal(readLastState(rig.directory, rig.limits)?.lastId, 3);
});

test('no directory can be made: events are held up to a bound, and those that were more are counted', async () => {
  using rig = new JournalRig();
  const state = join(rig.directory, 'journal');
  writeFileSync(state, 'a file is in the way');
  rig.begin(life(1, 3));
  assert.deepEqual(notesOf(rig), ['journal-failed']);
  for (let id = 4; id <= 12_000; id += 1000) rig.take(events(id, Math.min(id + 999, 12_000)));
  const { state: told, held, lost } = rig.journal.report;
  assert.deepEqual([told, held, lost], ['held-in-memory', 10_000, 2000]);
  assert.equal(rig.view.eventLog.lastId, 12_000);
  rmSync(state);
  await until('it to be written', () => rig.journal.report.state === 'writing');
  assert.deepEqual(rig.notes.at(-1), { type: 'journal-recovered', held: 10_000, lost: 2000 });
  rig.take(events(12_001, 12_010));
  rig.restart();
  assert.deepEqual(idsOf(all(rig)), range(2001, 12_010));
});
