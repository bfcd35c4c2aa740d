// The keeper of the control plane, with a stand-in for the thread: what it does when one cannot be had, or ends.
import assert from 'node:assert/strict';
import { planeSettings } from '../support/plane-settings.ts';
import { test } from 'node:test';
import type { BosunEvent, RecordedEvent } from '../../supervisor/core/event.ts';
import { createFleet } from '../../supervisor/core/fleet.ts';
import type { JobId, RunId } from '../../supervisor/core/names.ts';
import type { FromPlane, ToPlane } from '../../supervisor/core/plane-message.ts';
import { PlaneHost, type PlaneHostPorts } from '../../supervisor/engine/plane-host.ts';
import type { KeptThreadObserver } from '../../supervisor/engine/thread-keeper.ts';
import { until } from '../support/deadline.ts';
import { fleetOf } from '../support/specs.ts';

class Rig {
  readonly posted: ToPlane[] = [];
  readonly failures: string[] = [];
  readonly closed: number[] = [];
  readonly journaled: number[] = [];
  begun = 0;
  observer: KeptThreadObserver<FromPlane> | undefined;
  startFails = 0;
  noDescriptors = 0;
  readonly host: PlaneHost<never>;

  constructor() {
    const ports: PlaneHostPorts<never> = {
      startWorker: (observer) => {
        if (this.startFails-- > 0) throw new Error('EAGAIN');
        this.observer = observer;
        return { post: (message) => this.posted.push(message) };
      },
      duplicate: (fd) => (this.noDescriptors-- > 0 ? undefined : fd + 100),
      close: (fd) => this.closed.push(fd),
      note: () => undefined,
      hello: () => ({
        type: 'hello',
        settings: planeSettings(),
        spec: fleetOf(),
        target: undefined,
        fleet: createFleet([]),
        lastEventId: 0,
        recentEvents: [],
      }),
      command: () => undefined,
      listening: () => undefined,
      journaled: (upToId) => this.journaled.push(upToId),
      begun: () => (this.begun += 1),
      failed: (reason) => this.failures.push(reason),
    };
    this.host = new PlaneHost(ports);
  }

  lent(): readonly string[] {
    return this.posted.flatMap((message) =>
      message.type === 'lend-job' ? [`${message.end.job} ${message.end.stream} ${message.end.fd}`] : [],
    );
  }
}

const JOB = { job: 5 as JobId, run: 9 as RunId };

function recorded(event: BosunEvent): RecordedEvent {
  return { id: 1, seq: 0, timeMs: 0, monotonicMs: 0, version: 1, actor: '', command: '', cause: 0, event };
}

test('a thread that cannot be had is tried again, and what was lent before goes to it', async () => {
  const rig = new Rig();
  rig.startFails = 3;
  rig.host.start();
  rig.host.lendJob({ ...JOB, stream: 'stdout', fd: 7 });
  await until('the thread', () => rig.posted.some((message) => message.type === 'hello'));
  assert.deepEqual(rig.failures, ['EAGAIN', 'EAGAIN', 'EAGAIN']);
  assert.deepEqual(rig.lent(), ['5 stdout 107']);
});

test('each thread gets the state, and is joined to the logs after it', async () => {
  const rig = new Rig();
  rig.host.start();
  assert.equal(rig.begun, 1);
  const board = new SharedArrayBuffer(8);
  rig.host.joinLogs(undefined as never, 5, board);
  rig.observer?.ended('broken');
  // There is nobody to join.
  rig.host.joinLogs(undefined as never, 5, board);
  await until('the next thread', () => rig.begun === 2);
  assert.deepEqual(
    rig.posted.map((message) => message.type),
    ['hello', 'logs', 'hello'],
  );
});

test('the ends of a job are lent like pipes, again to the next thread, and closed when they are given back', async () => {
  const rig = new Rig();
  rig.host.lendJob({ ...JOB, stream: 'stdin', fd: 7 });
  assert.equal(rig.host.unlent, 1);
  rig.host.start();
  rig.host.lendJob({ ...JOB, stream: 'stdout', fd: 8 });
  assert.deepEqual(rig.lent(), ['5 stdin 107', '5 stdout 108']);
  assert.equal(rig.host.unlent, 0);
  rig.observer?.message({ type: 'job-end-done', run: JOB.run, stream: 'stdin' });
  assert.deepEqual(rig.closed, [7]);
  rig.observer?.ended('broken');
  assert.equal(rig.host.unlent, 1);
  await until('the next thread', () => rig.lent().length === 3);
  assert.equal(rig.lent()[2], '5 stdout 108');
});

test('nobody reads the input of a job that has ended; of one that is forgotten nothing is kept; others are left alone', () => {
  const rig = new Rig();
  rig.host.start();
  for (const [fd, stream] of [
    [7, 'stdin'],
    [8, 'stdout'],
    [9, 'terminal'],
  ] as const)
    rig.host.lendJob({ ...JOB, stream, fd });
  rig.host.lendJob({ job: 6 as JobId, run: 10 as RunId, stream: 'stdin', fd: 20 });
  const end = { kind: 'exited', exit: { kind: 'code', code: 0 } } as const;
  rig.host.publish([recorded({ type: 'job-ended', job: JOB.job, end, atMs: 0 })]);
  assert.deepEqual(rig.closed, [7]);
  rig.observer?.message({ type: 'job-end-done', run: JOB.run, stream: 'stdin' });
  assert.deepEqual(rig.closed, [7], 'once');
  rig.host.publish([recorded({ type: 'job-forgotten', job: JOB.job })]);
  assert.deepEqual(rig.closed, [7, 8, 9]);
});

test('an end for which no descriptor was left is lent as soon as there is one', async () => {
  const rig = new Rig();
  rig.host.start();
  rig.noDescriptors = 1;
  rig.host.lendJob({ ...JOB, stream: 'stdout', fd: 7 });
  assert.deepEqual(rig.lent(), []);
  // The retry is unreferenced: looking keeps the loop alive.
  await until('the end', () => rig.lent().length === 1);
});

test('a request to apply the configuration waits for a thread that can do it, and is made once', async () => {
  const rig = new Rig();
  rig.host.requestApply('signal:SIGHUP');
  const requests = (): number => rig.posted.filter((message) => message.type === 'apply-requested').length;
  rig.host.start();
  assert.deepEqual(
    rig.posted.map((message) => message.type),
    ['hello', 'apply-requested'],
  );
  rig.observer?.ended('broken');
  rig.host.requestApply('signal:SIGHUP');
  assert.equal(requests(), 1);
  await until('the next thread', () => requests() === 2);
  rig.host.requestApply('signal:SIGHUP');
  assert.equal(requests(), 3);
});

test('what the journal has is passed on to who holds it back', () => {
  const rig = new Rig();
  rig.host.start();
  rig.observer?.message({ type: 'journaled', upToId: 500 });
  assert.deepEqual(rig.journaled, [500]);
});

test('finish ends at once when there is no thread, and when it dies meanwhile', async () => {
  await new Rig().host.finish(60_000);
  const rig = new Rig();
  rig.host.start();
  const finished = rig.host.finish(60_000);
  rig.observer?.ended('broken');
  await finished;
});
