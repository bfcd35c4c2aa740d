// While services write as fast as they can, the engine is not held up: its loop, the API, a stop, a signal, and the end of Bosun itself, also
// with a standard output that nobody reads any more. BOSUN_TORTURE_MS: for how long they write.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import { call } from '../plane/support/http.ts';
import { Container } from '../support/container.ts';
import { until, within } from '../support/deadline.ts';
import { BOSUN_WITH_LOOP_DELAY, IdleProcess, loopDelay } from '../support/loop-delay.ts';
import {
  INTO_FIFO,
  letThemWrite,
  StdoutReader,
  writer,
  writtenBy,
  type How,
} from '../support/torture-fleet.ts';

const TORTURE_MS = Number(process.env['BOSUN_TORTURE_MS'] ?? 4000);
const MOST_LINES = 100 * TORTURE_MS;
/** Beside what an idle process is held up on the same machine meanwhile. */
const DELAY_MS = 20;
/** A stop that is obeyed at once, and the end of Bosun: generous bounds on a hang. */
const PROMPT_MS = 5000;
/** Files are rotated, compressed and removed, so that the disk is not filled. */
const FILE = 'logs: { file: { max_size: 5M, keep: 3 } }\n';
const HOWS: readonly How[] = ['line', 'line', 'line', 'many', 'many', 'cut'];
const NAMES = HOWS.map((_, index) => `w${index}`);

async function asked(container: Container, forMs: number): Promise<{ count: number; slowestMs: number }> {
  const endMs = performance.now() + forMs;
  let count = 0;
  let slowestMs = 0;
  for (; performance.now() < endMs; count++) {
    const beganMs = performance.now();
    const answer = await within('an answer', call(container.socket, '/v1/services/w0'));
    assert.equal(answer.status, 200, answer.text);
    slowestMs = Math.max(slowestMs, performance.now() - beganMs);
    await pause(10);
  }
  return { count, slowestMs };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
}

test(
  'the engine is not held up by services that write at full speed',
  { timeout: 120_000 + 3 * TORTURE_MS },
  async (t) => {
    const services = Object.fromEntries(
      HOWS.map((how, index) => [
        `w${index}`,
        writer(`w${index}`, { how, forMs: 600_000, lines: MOST_LINES }, FILE),
      ]),
    );
    await using container = new Container({
      place: 'below',
      program: BOSUN_WITH_LOOP_DELAY,
      services,
      inside: INTO_FIFO,
    });
    using reader = await StdoutReader.of(container);
    const upMs = await letThemWrite(container);
    await asked(container, 500);
    const client = new BosunClient(container.socket);
    await loopDelay(container);
    using idle = new IdleProcess();
    const answers = await asked(container, TORTURE_MS);
    const delay = await loopDelay(container);
    const idleMs = await idle.end();
    t.diagnostic(
      `the control plane was there after ${upMs.toFixed(0)} ms; the engine's loop: p99 ${delay.p99Ms.toFixed(1)} ms, p99.9 ${delay.p999Ms.toFixed(1)} ms, longest ${delay.maxMs.toFixed(1)} ms of ` +
        `${delay.samples} (an idle process: ${idleMs.toFixed(1)} ms); ${answers.count} answers of the API, slowest ${answers.slowestMs.toFixed(1)} ms`,
    );
    assert.ok(delay.samples > 100 && answers.count > 10);
    assert.ok(delay.p999Ms < DELAY_MS + 2 * idleMs, `${delay.p999Ms} ms, an idle process ${idleMs} ms`);
    // Its first run is over within the test: the signal has reached it.
    await client.sendSignal('w0', 'SIGUSR1');
    const written = await writtenBy(container, 'w0', 20_000);
    assert.ok(written.o > 0);
    // What bosunctl itself takes to start.
    const startMs = await timed(() => container.ctl('version'));
    const stopMs = await timed(() =>
      within('the stop', container.ctl('stop', 'w1'), 2 * PROMPT_MS + 3 * startMs),
    );
    assert.equal((await client.service('w1')).state, 'stopped');
    const { dropped_log_lines: before } = await client.health();
    reader.stall();
    await until(
      'standard output to be full, and given up',
      async () => (await client.health()).dropped_log_lines > before,
    );
    const endMs = await timed(async () => {
      await container.signal('SIGTERM');
      assert.equal((await container.end(20_000)).code, 0, container.stderr.text);
    });
    reader.goOn();
    const { seen } = await reader.findings();
    t.diagnostic(
      `a stop took ${stopMs.toFixed(0)} ms with bosunctl; the end with a full pipe ${endMs.toFixed(0)} ms`,
    );
    assert.ok(stopMs < PROMPT_MS + 3 * startMs, `${stopMs} ms, bosunctl version ${startMs} ms`);
    assert.ok(endMs < PROMPT_MS, `${endMs} ms`);
    assert.ok(
      NAMES.every((name) => (seen[`${name} o`]?.lines ?? 0) > 100),
      JSON.stringify(seen),
    );
  },
);
