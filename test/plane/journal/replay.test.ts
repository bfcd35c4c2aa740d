// Promise P10 on the disk: what the journal gives when it is replayed is the state that the engine came to. A long random history,
// in several files, over many lives of Bosun and with jobs.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { RecordedEvent } from '../../../supervisor/core/event.ts';
import type { RunId, ServiceName } from '../../../supervisor/core/names.ts';
import { replay, restoreState } from '../../../supervisor/plane/journal/replay.ts';
import { ViewRebuild } from '../../../supervisor/plane/journal/rebuild.ts';
import { differencePaths } from '../../../supervisor/plane/views/difference-paths.ts';
import { JournalRig } from './support/journal-rig.ts';
import { BOOTED, life, recorded } from './support/plain-events.ts';
import { RandomHistory } from './support/random-history.ts';

const EVENTS = 100_000;

test('the journal of 100,000 random events gives the state of the engine, from its oldest snapshot and from its newest', async (t) => {
  const seed = Number(process.env['BOSUN_JOURNAL_SEED'] ?? Date.now() % 2 ** 31);
  t.diagnostic(`seed ${seed}`);
  using rig = new JournalRig({ segmentEvents: 15_000, segmentBytes: 1 << 30, keep: 5 });
  rig.begin();
  const types = new Set<string>();
  const history = new RandomHistory(seed, (events) => {
    for (const { event } of events) types.add(event.type);
    rig.take(events);
  });
  const startedMs = performance.now();
  history.goOn(EVENTS);
  t.diagnostic(`${EVENTS} events decided and written in ${Math.round(performance.now() - startedMs)} ms`);
  assert.ok(types.has('job-ended') && types.has('configured') && types.has('backing-off'), [...types].join());
  assert.deepEqual(differencePaths(rig.view.fleet, history.fleet), []);
  assert.equal(readdirSync(rig.files).filter((name) => name.endsWith('.sqlite')).length, 5);
  const first = rig.journal.base('oldest');
  assert.ok(first !== undefined && first.lastId >= 15_000, 'the oldest files are gone');
  const live = structuredClone(rig.view.state.data);
  const replayedMs = performance.now();
  const replayed = await replay(rig.view.eventLog, first);
  t.diagnostic(`replayed from ${first.lastId} in ${Math.round(performance.now() - replayedMs)} ms`);
  assert.deepEqual(differencePaths(replayed.fleet, history.fleet), []);
  assert.deepEqual(differencePaths(replayed.data, live), []);
  // The next life finds the same, from the newest checkpoint.
  rig.restart();
  const restored = restoreState(rig.journal, rig.view.eventLog);
  assert.deepEqual(differencePaths(restored?.data, live), []);
});

test('another life of Bosun knows nothing of the runs of the one before, but goes on counting', () => {
  using rig = new JournalRig();
  rig.begin();
  const service = 'a' as ServiceName;
  const exit = { kind: 'code', code: 3 } as const;
  rig.take([...life(1, 1), recorded(2, { type: 'exited', service, run: 1 as RunId, exit })]);
  assert.equal(rig.view.histories.of(service).lastEnd?.eventId, 2);
  rig.take([recorded(3, BOOTED)]);
  assert.deepEqual(rig.view.histories.of(service), {});
  rig.restart();
  assert.deepEqual(rig.view.histories.of(service), {});
  assert.equal(rig.view.state.seqs.get(service), 2);
});

test('a rebuild finds where the views were wrong, puts them right and tells how many differences there were', async () => {
  using rig = new JournalRig();
  rig.begin();
  const history = new RandomHistory(7, (events) => {
    rig.take(events);
  });
  history.goOn(3000);
  const rebuild = new ViewRebuild(rig.journal, rig.view);
  const notes: unknown[] = [];
  const rebuilt = (): ReturnType<ViewRebuild['rebuild']> => rebuild.rebuild((event) => notes.push(event));
  assert.deepEqual(await rebuilt(), {
    kind: 'rebuilt',
    report: { events: history.lastId, from_snapshot: 0, differences: [] },
  });
  const { fleet } = rig.view;
  rig.view.state.apply({ ...(rig.newest as RecordedEvent), event: { type: 'sweep-killed' } });
  const wrong: RecordedEvent['event'] = { type: 'booted', services: [], nextJob: 1 as never };
  rig.view.state.apply({ ...(rig.newest as RecordedEvent), event: wrong });
  const again = await rebuilt();
  assert.ok(
    again.kind === 'rebuilt' && again.report.differences.includes('fleet.services.0'),
    JSON.stringify(again),
  );
  assert.deepEqual(differencePaths(rig.view.fleet, fleet), []);
  assert.deepEqual(
    notes.map((note) => (note as { differences: number }).differences > 0),
    [false, true],
  );
});
