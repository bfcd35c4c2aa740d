// When the probe loop asks, counted on a mocked timer: eager until the first success, steady after it, never two at once.
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { ProbeAnswer } from '../../supervisor/core/input.ts';
import type { RunId } from '../../supervisor/core/names.ts';
import type { PlannedProbe } from '../../supervisor/core/probe-plan.ts';
import { failed, OK, type Probe } from '../../supervisor/probe/probe.ts';
import { ProbeLoop } from '../../supervisor/probe/probe-loop.ts';

const planned = (pace: PlannedProbe['pace']): PlannedProbe => ({
  run: 1 as RunId,
  purpose: 'readiness',
  probe: {
    action: { kind: 'file', path: '/x' },
    initialDelayMs: 0,
    periodMs: 100,
    timeoutMs: 40,
    successThreshold: 1,
    failureThreshold: 3,
  },
  pace,
});

class Clock {
  ms = 0;

  /** Lets time pass, a millisecond at a time, with all that follows at once. */
  async pass(spanMs: number): Promise<void> {
    for (let end = this.ms + spanMs; this.ms < end; this.ms++) {
      mock.timers.tick(1);
      await turn();
    }
  }
}

beforeEach((t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  if ('after' in t)
    t.after(() => {
      mock.timers.reset();
    });
});

test('eager: at once, after 5 ms, then growing by half up to the period', async () => {
  const clock = new Clock();
  const askedAtMs: number[] = [];
  const probe: Probe = () => {
    askedAtMs.push(clock.ms);
    return Promise.resolve(failed('refused'));
  };
  using loop = new ProbeLoop(probe, planned('eager'), () => undefined);
  await clock.pass(500);
  assert.ok(loop);
  const gaps = askedAtMs.slice(1).map((atMs, index) => atMs - (askedAtMs[index] ?? 0));
  assert.ok((gaps[0] ?? 99) <= 6, `the second question came after ${gaps[0]} ms`);
  for (const [index, gap] of gaps.entries()) {
    const expected = Math.min(5 * 1.5 ** index, 100);
    assert.ok(Math.abs(gap - expected) <= 2, `gap ${index} is ${gap} ms, not ${expected}`);
  }
  assert.equal(gaps.at(-1), 100);
});

test('steady: the first question after a period, then one a period', async () => {
  const clock = new Clock();
  let asked = 0;
  const probe: Probe = () => {
    asked++;
    return Promise.resolve(OK);
  };
  using loop = new ProbeLoop(probe, planned('steady'), () => undefined);
  await clock.pass(98);
  assert.equal(asked, 0);
  await clock.pass(310);
  assert.ok(loop);
  assert.equal(asked, 4);
});

test('a probe that hangs is a failure after its timeout, and is told to stop; no second one runs beside it', async () => {
  const clock = new Clock();
  const answers: ProbeAnswer[] = [];
  let running = 0;
  let most = 0;
  const probe: Probe = (signal) =>
    new Promise((_resolve, reject) => {
      most = Math.max(most, ++running);
      signal.addEventListener('abort', () => {
        running--;
        reject(new Error('aborted'));
      });
    });
  using loop = new ProbeLoop(probe, planned('eager'), (answer) => answers.push(answer));
  await clock.pass(200);
  assert.ok(loop);
  assert.deepEqual(answers[0], { kind: 'failed', reason: 'no answer within 40 ms' });
  assert.ok(answers.length >= 3);
  assert.equal(most, 1);
});

test('a probe that throws is a failure in words', async () => {
  const clock = new Clock();
  const answers: ProbeAnswer[] = [];
  using loop = new ProbeLoop(
    () => Promise.reject(new Error('broken')),
    planned('eager'),
    (answer) => answers.push(answer),
  );
  await clock.pass(3);
  assert.ok(loop);
  assert.deepEqual(answers[0], { kind: 'failed', reason: 'broken' });
});

test('after it has been disposed of it asks nothing and reports nothing', async () => {
  const clock = new Clock();
  const answers: ProbeAnswer[] = [];
  const { promise, resolve } = Promise.withResolvers<ProbeAnswer>();
  const loop = new ProbeLoop(
    () => promise,
    planned('eager'),
    (answer) => answers.push(answer),
  );
  await clock.pass(2);
  loop[Symbol.dispose]();
  resolve(OK);
  await clock.pass(300);
  assert.deepEqual(answers, []);
});
