// The keeper of the logs' thread, with a stand-in for the thread: what each thread gets, in which order, and what is kept in between.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLogBoard, ownerOf, SINK, WORD } from '../../supervisor/core/log-board.ts';
import type { FromLogs, ToLogs } from '../../supervisor/core/log-message.ts';
import type { LogSinkSpec } from '../../supervisor/core/log-spec.ts';
import type { Pid, RunId } from '../../supervisor/core/names.ts';
import type { LentPipe, OutputStream } from '../../supervisor/core/plane-message.ts';
import type { FleetSpec, ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { LogHost, type LogHostPorts, type SavedLogs } from '../../supervisor/engine/log-host.ts';
import type { KeptThreadObserver } from '../../supervisor/engine/thread-keeper.ts';
import { until } from '../support/deadline.ts';
import { fleetOf, service } from '../support/specs.ts';

const A = service('a');
const PID = 100 as Pid;
const SINK_SPEC: LogSinkSpec = {
  name: 'collector',
  target: { kind: 'otlp', url: 'http://localhost:1', headers: {} },
  queueBytes: 1,
};

class Rig {
  readonly posted: ToLogs[] = [];
  readonly told: string[] = [];
  readonly closed: number[] = [];
  joined = 0;
  observer: KeptThreadObserver<FromLogs> | undefined;
  startFails = 0;
  spec: FleetSpec = fleetOf(A);
  readonly host: LogHost<never>;

  constructor(saved?: SavedLogs) {
    const ports: LogHostPorts<never> = {
      startThread: (observer) => {
        if (this.startFails-- > 0) throw new Error('EAGAIN');
        this.observer = observer;
        return { post: (message) => this.posted.push(message) };
      },
      bell: 5,
      close: (fd) => this.closed.push(fd),
      settings: { format: 'raw', enginePid: 1, spoolDir: '/x/spool', sinks: [SINK_SPEC] },
      spec: () => this.spec,
      connect: () => ({ ours: undefined as never, theirs: undefined as never }),
      toPlane: () => (this.joined += 1),
      lineMatched: ({ purpose }) => this.told.push(`matched ${purpose}`),
      outputFailed: (errno) => this.told.push(`output ${errno}`),
      storeFailed: ({ kind, name }, errno) => this.told.push(`failed ${kind} ${name} ${errno}`),
      storeRecovered: ({ kind, name }, lines) => this.told.push(`recovered ${kind} ${name} ${lines}`),
      unusable: (name, text) => this.told.push(`${name}: ${text}`),
      failed: (reason) => this.told.push(reason),
      restarted: () => this.told.push('restarted'),
    };
    this.host = new LogHost<never>(ports, saved);
  }

  lend(spec: ServiceSpec, run: number, stream: OutputStream, fd: number): void {
    this.host.lend(spec, { run: run as RunId, stream, fd, pid: PID });
  }

  /** What the newest thread was told. */
  get newest(): readonly ToLogs[] {
    return this.posted.slice(this.posted.findLastIndex(({ type }) => type === 'begin'));
  }

  get types(): readonly string[] {
    return this.newest.map(({ type }) => type);
  }

  get lent(): readonly LentPipe[] {
    return this.newest.flatMap((message) => (message.type === 'lend' ? [message.pipe] : []));
  }

  get words(): Int32Array {
    const begin = this.posted.find(({ type }) => type === 'begin');
    if (begin?.type !== 'begin') throw new Error('no thread has begun');
    return openLogBoard(begin.board).words;
  }

  async nextThread(): Promise<void> {
    const before = this.posted.filter(({ type }) => type === 'begin').length;
    this.observer?.ended('broken');
    await until(
      'the next thread',
      () => this.posted.filter(({ type }) => type === 'begin').length === before + 1,
    );
  }
}

test('a thread that cannot be had is tried again, and what was lent before goes to it', async () => {
  const rig = new Rig();
  rig.startFails = 3;
  rig.host.start();
  rig.lend(A, 1, 'stdout', 7);
  await until('the thread', () => rig.posted.length > 0);
  assert.deepEqual(rig.told, ['EAGAIN', 'EAGAIN', 'EAGAIN', 'restarted']);
  assert.deepEqual(
    rig.lent.map(({ fd }) => fd),
    [7],
  );
});

test('what services there are comes before their pipes, and the channel to the control plane after them', () => {
  const rig = new Rig();
  rig.lend(A, 1, 'stdout', 7);
  rig.host.start();
  assert.deepEqual(rig.types, ['begin', 'sources', 'lend', 'reader']);
  assert.equal(rig.joined, 1);
});

test('another thread gets the same memory and the same pipes, of which none is closed; a drained one is closed and gone', async () => {
  const rig = new Rig();
  rig.host.start();
  rig.lend(A, 1, 'stdout', 7);
  rig.lend(A, 1, 'stderr', 8);
  const [first] = rig.lent;
  rig.observer?.message({ type: 'drained', service: A.name, run: 1 as RunId, stream: 'stderr' });
  // Said twice it is not closed twice: the number may be another file by then.
  rig.observer?.message({ type: 'drained', service: A.name, run: 1 as RunId, stream: 'stderr' });
  assert.deepEqual(rig.closed, [8]);
  await rig.nextThread();
  assert.deepEqual(
    rig.lent.map(({ fd }) => fd),
    [7],
  );
  assert.equal(rig.lent[0]?.carry, first?.carry);
  const boards = rig.posted.flatMap((message) => (message.type === 'begin' ? [message.board] : []));
  assert.equal(boards.length, 2);
  assert.equal(boards[0], boards[1]);
  assert.deepEqual(rig.closed, [8]);
  assert.deepEqual(rig.told, ['broken', 'restarted']);
  assert.equal(rig.joined, 2);
});

test('the pipe whose bytes the former thread has left half done is lent first', async () => {
  const rig = new Rig();
  rig.host.start();
  for (const run of [1, 2, 3]) rig.lend(A, run, 'stderr', 10 * run);
  rig.words[WORD.owner] = ownerOf(2 as RunId, 'stderr');
  await rig.nextThread();
  assert.deepEqual(
    rig.lent.map(({ fd }) => fd),
    [20, 10, 30],
  );
  rig.words[WORD.lastOwner] = ownerOf(2 as RunId, 'stderr');
  await rig.nextThread();
  assert.deepEqual(
    rig.lent.map(({ fd }) => fd),
    [20, 30, 10],
    'and then those whose turn it would be',
  );
  assert.equal(rig.words[WORD.owner], ownerOf(2 as RunId, 'stderr'), 'the thread has still to see it');
});

test('a line that has been found is not looked for again by the next thread, nor in the other stream', async () => {
  const pattern = { kind: 'log', stream: 'both' } as const;
  const spec = service('a', {
    startup: { ...pattern, pattern: 'started' },
    readiness: { ...pattern, pattern: 'ready', stream: 'stdout' },
  });
  const rig = new Rig();
  rig.host.start();
  rig.lend(spec, 1, 'stdout', 10);
  rig.lend(spec, 1, 'stderr', 11);
  rig.lend(spec, 2, 'stdout', 20);
  const watched = (): readonly string[] =>
    rig.lent.map((pipe) => pipe.watched.map((line) => `${line.purpose} ${line.pattern}`).join(', '));
  assert.deepEqual(watched(), [
    'startup started, readiness ready',
    'startup started',
    'startup started, readiness ready',
  ]);
  rig.observer?.message({ type: 'line-matched', service: spec.name, run: 1 as RunId, purpose: 'startup' });
  assert.deepEqual(rig.told, ['matched startup']);
  await rig.nextThread();
  assert.deepEqual(watched(), ['readiness ready', '', 'startup started, readiness ready']);
});

test('another configuration: the counters of a service that stays are the same memory', () => {
  const rig = new Rig();
  rig.host.start();
  const tallies = (): readonly SharedArrayBuffer[] => {
    const told = rig.posted.findLast((message) => message.type === 'sources');
    return told?.type === 'sources' ? told.sources.map(({ tally }) => tally) : [];
  };
  const [a] = tallies();
  rig.host.configured(fleetOf(service('b'), A));
  assert.equal(tallies().length, 2);
  assert.equal(tallies()[1], a);
  assert.notEqual(tallies()[0], a);
  rig.host.configured(fleetOf(service('b')));
  rig.host.configured(fleetOf(A));
  assert.notEqual(tallies()[0], a, 'one that comes back begins anew');
});

test('the host of another process image goes on with the same memory, and that of the sinks', () => {
  const first = new Rig();
  first.host.start();
  first.words[WORD.pressure] = 1;
  const begin = first.posted.find((message) => message.type === 'begin');
  assert.ok(begin?.type === 'begin' && begin.sinks[0] !== undefined);
  new BigInt64Array(begin.sinks[0])[SINK.droppedLines] = 7n;
  const next = new Rig(first.host.saved);
  next.host.start();
  assert.equal(next.words[WORD.pressure], 1);
  const again = next.posted.find((message) => message.type === 'begin');
  assert.ok(again?.type === 'begin' && again.sinks[0] !== undefined);
  assert.equal(new BigInt64Array(again.sinks[0])[SINK.droppedLines], 7n);
  const older = new Rig({ ...first.host.saved, sinks: undefined });
  older.host.start();
  assert.equal(older.types[0], 'begin', 'one that knew of no such memory');
});

test('what the thread has to tell is told', () => {
  const rig = new Rig();
  rig.host.start();
  const store = { kind: 'file', name: 'a' } as const;
  rig.observer?.message({ type: 'output-failed', errno: 'ENOSPC' });
  rig.observer?.message({ type: 'store-failed', store, errno: 'EROFS', text: '' });
  rig.observer?.message({ type: 'store-recovered', store, droppedLines: 3 });
  rig.observer?.message({ type: 'unusable', service: A.name, text: 'why' });
  assert.deepEqual(rig.told, ['output ENOSPC', 'failed file a EROFS', 'recovered file a 3', 'a: why']);
});

test("a control plane that comes while there is no logs' thread is joined by the next thread", async () => {
  const rig = new Rig();
  rig.host.start();
  rig.observer?.ended('broken');
  rig.host.connect();
  assert.equal(rig.joined, 1);
  await until('the next thread', () => rig.joined === 2);
});

test('a thread that has just died is followed by one that writes what is left, at the end too', async () => {
  const rig = new Rig();
  rig.host.start();
  rig.observer?.ended('broken');
  const finished = rig.host.finish(60_000, 'write');
  assert.equal(rig.newest.at(-1)?.type, 'finish');
  rig.observer?.message({ type: 'flushed' });
  await finished;
});

test('however many threads die, the next one comes a quarter of a second later at the most', async (t) => {
  const pauses: number[] = [];
  const real = globalThis.setTimeout;
  t.mock.method(globalThis, 'setTimeout', (work: () => void, ms: number) => {
    pauses.push(ms);
    return real(work, 0);
  });
  const rig = new Rig();
  rig.host.start();
  for (let death = 0; death < 20; death++) {
    rig.observer?.ended('broken');
    await new Promise((resolve) => real(resolve, 2));
  }
  t.mock.restoreAll();
  assert.equal(rig.posted.filter(({ type }) => type === 'begin').length, 21);
  assert.deepEqual(pauses.slice(0, 6), [1, 10, 20, 40, 80, 160]);
  assert.deepEqual(new Set(pauses.slice(6)), new Set([250]));
});

test('finish waits for the answer, and ends at once when there is no thread, and when it dies meanwhile', async () => {
  await new Rig().host.finish(60_000, 'write');
  const dying = new Rig();
  dying.host.start();
  const died = dying.host.finish(60_000, 'write');
  dying.observer?.ended('broken');
  await died;
  const rig = new Rig();
  rig.host.start();
  const finished = rig.host.finish(60_000, 'keep');
  assert.deepEqual(rig.newest.at(-1), { type: 'finish', limitMs: 60_000, unfinished: 'keep' });
  rig.observer?.message({ type: 'flushed' });
  await finished;
  // It has ended by itself then; nobody starts another one.
  rig.observer?.ended('it ended by itself');
  assert.deepEqual(rig.told, []);
});
