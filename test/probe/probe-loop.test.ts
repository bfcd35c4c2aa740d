// When the probe loop asks, on a clock of the test's own: eager until the first success, steady after it, never two at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeAnswer } from '../../supervisor/core/input.ts';
import type { RunId } from '../../supervisor/core/names.ts';
import type { PlannedProbe } from '../../supervisor/core/probe-plan.ts';
import type { ProbeSpec } from '../../supervisor/core/probe-spec.ts';
import { failed, OK, type Probe } from '../../supervisor/probe/probe.ts';
import { ProbeLoop } from '../../supervisor/probe/probe-loop.ts';
import { probeSpec } from './support/actions.ts';
import { FakeClock } from './support/fake-clock.ts';

type Pace = PlannedProbe['pace'];

/** A loop on a clock of its own, with the moments of its questions and the answers that it reported. */
class Rig implements Disposable {
  readonly clock = new FakeClock();
  readonly askedAtMs: number[] = [];
  readonly answers: ProbeAnswer[] = [];
  readonly loop: ProbeLoop;

  constructor(pace: Pace, probe: Probe, more: Partial<ProbeSpec> & { launchedAtMs?: number } = {}) {
    const { launchedAtMs = 0, ...spec } = more;
    this.clock.ms = 1000;
    this.loop = new ProbeLoop({
      probe: (signal) => {
        this.askedAtMs.push(this.clock.ms - 1000);
        return probe(signal);
      },
      planned: { run: 1 as RunId, purpose: 'readiness', probe: probeSpec(spec), pace },
      launchedAtMs: 1000 + launchedAtMs,
      clock: this.clock,
      report: (answer) => this.answers.push(answer),
    });
  }

  [Symbol.dispose](): void {
    this.loop[Symbol.dispose]();
  }
}

const refused: Probe = () => Promise.resolve(failed('refused'));
const fine: Probe = () => Promise.resolve(OK);

test('eager: at once, after 5 ms, then growing by half up to the period', async () => {
  using rig = new Rig('eager', refused);
  await rig.clock.pass(500);
  assert.equal(rig.askedAtMs[0], 0);
  const gaps = rig.askedAtMs.slice(1).map((atMs, index) => atMs - (rig.askedAtMs[index] ?? 0));
  for (const [index, gap] of gaps.entries()) {
    const expected = Math.min(5 * 1.5 ** index, 100);
    assert.ok(Math.abs(gap - expected) <= 1, `gap ${index} is ${gap} ms, not ${expected}`);
  }
  assert.equal(gaps.at(-1), 100);
});

test('a service that is ready after a second is known to be at the 13th question, whatever the period', async () => {
  using rig: Rig = new Rig('eager', () => Promise.resolve(rig.clock.ms >= 2000 ? OK : failed('not yet')), {
    periodMs: 3_600_000,
  });
  while (!rig.answers.some(({ kind }) => kind === 'ok')) await rig.clock.leap();
  assert.equal(rig.askedAtMs.length, 13);
});

test('where several successes are asked for they are a period apart', async () => {
  using rig = new Rig('eager', fine);
  await rig.clock.pass(250);
  assert.deepEqual(rig.askedAtMs, [0, 100, 200]);
});

test('steady: the first question after a period, then one a period, however long the answers take', async () => {
  const pending: (() => void)[] = [];
  using rig = new Rig('steady', () => {
    const { promise, resolve } = Promise.withResolvers<ProbeAnswer>();
    pending.push(() => {
      resolve(OK);
    });
    return promise;
  });
  for (let tenMs = 0; tenMs < 35; tenMs++) {
    await rig.clock.pass(10);
    // An answer takes 20 to 30 ms.
    if (rig.clock.ms % 30 === 0) pending.shift()?.();
  }
  assert.deepEqual(rig.askedAtMs, [100, 200, 300]);
});

test('the initial delay counts from the launch: not before it, and not again after it', async () => {
  for (const [pace, launchedAtMs, first] of [
    ['eager', 0, 300],
    ['eager', -200, 100],
    ['eager', -500, 0],
    ['steady', 0, 300],
    ['steady', -250, 50],
    // The delay has passed: what was just ready is asked again a period later.
    ['steady', -500, 100],
  ] as const) {
    using rig = new Rig(pace, refused, { initialDelayMs: 300, launchedAtMs });
    await rig.clock.pass(301);
    assert.equal(rig.askedAtMs[0], first, `${pace}, launched at ${launchedAtMs} ms`);
  }
});

test('delays and timeouts of many days are not cut to 32 bits', async () => {
  const day = 86_400_000;
  using rig = new Rig('steady', () => new Promise(() => undefined), {
    periodMs: 60 * day,
    timeoutMs: 50 * day,
  });
  assert.deepEqual(rig.clock.armed, [1000 + 60 * day]);
  await rig.clock.leap();
  assert.deepEqual(rig.clock.armed, [1000 + 110 * day]);
});

test('a probe that hangs is a failure after its timeout, and is told to stop; no second one runs beside it', async () => {
  let running = 0;
  let most = 0;
  using rig = new Rig('eager', (signal) => {
    most = Math.max(most, ++running);
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        running--;
        reject(new Error('aborted'));
      });
    });
  });
  await rig.clock.pass(200);
  assert.deepEqual(rig.answers[0], { kind: 'failed', reason: 'no answer within 40 ms' });
  assert.ok(rig.answers.length >= 3);
  assert.equal(most, 1);
});

test('a question that cannot be called back is a failure each time, and nothing is asked beside it', async () => {
  const first = Promise.withResolvers<ProbeAnswer>();
  const answers = [first.promise];
  using rig = new Rig('steady', () => answers.shift() ?? Promise.resolve(OK));
  await rig.clock.pass(345);
  assert.equal(rig.askedAtMs.length, 1);
  assert.deepEqual(
    rig.answers.map(({ kind }) => kind),
    ['failed', 'failed', 'failed'],
  );
  first.resolve(OK);
  await rig.clock.pass(100);
  assert.equal(rig.askedAtMs.length, 2);
  assert.equal(rig.answers.at(-1)?.kind, 'ok');
});

test('a question that waits for the former one is asked as soon as that is over', async () => {
  const first = Promise.withResolvers<ProbeAnswer>();
  const answers = [first.promise];
  using rig = new Rig('steady', () => answers.shift() ?? Promise.resolve(OK));
  await rig.clock.pass(220);
  assert.deepEqual(rig.askedAtMs, [100]);
  first.resolve(failed('late'));
  await rig.clock.pass(1);
  assert.equal(rig.askedAtMs.length, 2);
  assert.deepEqual(rig.answers, [failed('no answer within 40 ms'), OK], 'the late answer counts for nothing');
});

test('a probe that throws is a failure in words', async () => {
  using rig = new Rig('eager', () => Promise.reject(new Error('broken')));
  await rig.clock.pass(3);
  assert.deepEqual(rig.answers[0], { kind: 'failed', reason: 'broken' });
});

test('after it has been disposed of it asks nothing and reports nothing', async () => {
  const late = Promise.withResolvers<ProbeAnswer>();
  let told = 0;
  const rig = new Rig('eager', (signal) => {
    signal.addEventListener('abort', () => told++);
    return late.promise;
  });
  await rig.clock.pass(2);
  rig.loop[Symbol.dispose]();
  assert.equal(told, 1, 'the question under way is called back');
  late.resolve(OK);
  await rig.clock.pass(300);
  assert.deepEqual(rig.answers, []);
  assert.equal(rig.askedAtMs.length, 1);
  assert.deepEqual(rig.clock.armed, []);
});

test('one timer at a time is armed, and none is left behind', async () => {
  const rig = new Rig('steady', fine);
  assert.equal(rig.clock.armed.length, 1);
  await rig.clock.pass(110);
  assert.equal(rig.answers.length, 1);
  assert.equal(rig.clock.armed.length, 1, 'the next question, and no timeout of the last one');
  rig.loop[Symbol.dispose]();
  assert.deepEqual(rig.clock.armed, []);
});
