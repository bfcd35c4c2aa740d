// The control plane dies and services do not notice (promise P8); an idle Bosun makes no wake-ups.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'node:test';
import { Container } from '../support/container.ts';
import { eventsOf, reaches, statusOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';

const COUNTING = 'command: [sh, -c, "n=0; while :; do n=$$((n+1)); echo line $$n; done"]\n';

test('a worker that throws in mid-work: same pids, no line lost or doubled, and status again soon', async (t) => {
  await using container = new Container({
    services: { counting: COUNTING, steady: 'command: [sleep, "100000"]\n' },
    options: ['--log-format', 'raw'],
    environment: { BOSUN_FAULT_INJECTION: 'plane' },
  });
  const before = await reaches(container, 'counting', 'running');
  const steady = await reaches(container, 'steady', 'running');
  for (let crash = 1; crash <= 3; crash++) {
    const lines = container.stdout.lines.length;
    await until('lines to flow', () => container.stdout.lines.length > lines + 1000);
    await container.signal('SIGUSR2');
    const crashedMs = performance.now();
    await until('the new worker', async () => {
      const events = await eventsOf(container).catch(() => []);
      return events.filter((event) => event.type === 'plane-restarted').length === crash;
    });
    const tookMs = performance.now() - crashedMs;
    // What the deadline holds includes the start of bosunctl itself, several times over on a busy machine.
    assert.ok(tookMs < 3000, `${tookMs} ms`);
  }
  const restarts = (await eventsOf(container)).filter((event) => event.type.startsWith('plane-'));
  for (let index = 0; index < restarts.length; index += 2) {
    const [failed, restarted] = [restarts[index], restarts[index + 1]];
    assert.ok(failed?.type === 'plane-failed' && restarted?.type === 'plane-restarted');
    const gapMs = restarted.monotonic_ms - failed.monotonic_ms;
    // 250 to 350 ms where nothing else runs; the machine of a test may have other work.
    t.diagnostic(`the control plane was away for ${Math.round(gapMs)} ms`);
    assert.ok(gapMs < 3000);
  }
  assert.equal((await statusOf(container, 'counting'))?.pid, before.pid);
  assert.equal((await statusOf(container, 'steady'))?.pid, steady.pid);
  await container.ctl('stop', 'counting');
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
  const numbers = container.stdout.lines.flatMap((line) => /^line (\d+)$/.exec(line)?.[1] ?? []).map(Number);
  const wrong = numbers.findIndex((number, index) => number !== index + 1);
  assert.equal(wrong, -1, `around line ${wrong}: ${numbers.slice(wrong - 2, wrong + 3).join(' ')}`);
});

/** Voluntary context switches, proc(5): every return from epoll_wait after a wait is one. */
function wakeUps(pid: number): number {
  const status = readFileSync(`/proc/${pid}/task/${pid}/status`, 'utf8');
  return Number(/^voluntary_ctxt_switches:\t(\d+)$/m.exec(status)?.[1]);
}

test('idle with 5 services and no periodic probes: no wake-ups of the main thread in 30 s', async () => {
  const services = Object.fromEntries(
    ['a', 'b', 'c', 'd', 'e'].map((name) => [name, 'command: [sleep, "100000"]\n']),
  );
  await using container = new Container({ services });
  await reaches(container, 'e', 'running');
  const pid = await container.pid();
  // The span is what is measured: nothing is waited for in it. Before it V8 and the worker come to rest.
  await until('rest', async () => {
    const before = wakeUps(pid);
    await pause(2000);
    return wakeUps(pid) === before;
  });
  const before = wakeUps(pid);
  await pause(30_000);
  assert.equal(wakeUps(pid), before);
  assert.ok(readdirSync(`/proc/${pid}/task`).length > 1, 'the control plane is there');
});
