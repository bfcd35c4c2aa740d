// Lines come from a service's pipe to a receiver, whatever dies on the way: the control plane, the logs' thread, Bosun, or the receiver.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from '../../supervisor/client.ts';
import { accept, answerWith, HttpCollector } from '../plane/logs/support/http-collector.ts';
import { Container } from '../support/container.ts';
import { reaches } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';

const COUNT =
  'n=$(cat "$STATE/n" 2>/dev/null || echo 0); while [ $n -lt $1 ]; do n=$((n+1)); echo line $n; done; [ -n "$STATE" ] && echo $n > $STATE/n; sleep 100000';

for (const dying of ['plane', 'logs'] as const)
  test(`all lines arrive, in order, while the ${dying === 'plane' ? 'control plane' : "logs' thread"} dies again and again`, async () => {
    await using collector = await HttpCollector.listen();
    await using container = begin(collector.port, { until: 200_000, dying });
    for (let crash = 1; crash <= 3; crash++) {
      const before = collector.taken.length;
      await until('lines to arrive', () => collector.taken.length > before, 20_000);
      await container.signal('SIGUSR2');
    }
    await until('the last line', () => collector.texts.at(-1) === 'line 200000', 60_000);
    assertInOrderAndWhole(collector.texts, 200_000);
    assert.deepEqual(collector.faults, []);
    await container.signal('SIGTERM');
    assert.equal((await container.end()).code, 0);
  });

test('what a receiver did not take before the end waits for the next start', async () => {
  await using collector = await HttpCollector.listen(answerWith(503, 'not now'));
  const state = mkdtempSync(join(tmpdir(), 'bosun-state-'));
  try {
    {
      await using container = begin(collector.port, { until: 1_000, state });
      await until('the lines', () => container.stdout.lines.some((line) => line.endsWith('line 1000')));
      await until('an attempt', () => collector.requests.length > 0);
      await showsWhatWaits(container, collector.port);
      await container.signal('SIGTERM');
      assert.equal((await container.end()).code, 0);
    }
    assert.deepEqual(collector.taken, []);
    collector.answer = accept;
    await using again = begin(collector.port, { until: 2_000, state });
    await until('the last line', () => collector.texts.at(-1) === 'line 2000', 20_000);
    assertInOrderAndWhole(collector.texts, 2_000);
    assert.equal(collector.texts.length, 2_000);
    await again.signal('SIGTERM');
    assert.equal((await again.end()).code, 0);
  } finally {
    rmSync(state, { recursive: true });
  }
});

test('a line that is written in the last moment is sent before the end, or by the next start', async () => {
  await using collector = await HttpCollector.listen();
  const state = mkdtempSync(join(tmpdir(), 'bosun-state-'));
  const fleet = fleetOf(collector.port);
  const options = ['--log-format', 'raw', '--state-dir', state];
  try {
    {
      const dying = `command: [sh, -c, "exec 2>/dev/null; trap 'echo goodbye; exit 0' TERM; echo hello; while :; do sleep 0.05; done"]\n`;
      await using container = new Container({ services: { talker: dying }, fleet, options });
      await until('hello', () => collector.texts.includes('hello'), 20_000);
      await container.signal('SIGTERM');
      await container.end();
    }
    await using next = new Container({ services: { other: 'command: [sleep, "100000"]\n' }, fleet, options });
    await reaches(next, 'other', 'running');
    await until('goodbye', () => collector.texts.includes('goodbye'), 20_000);
    assert.deepEqual(collector.texts, ['hello', 'goodbye']);
    await next.signal('SIGTERM');
    await next.end();
  } finally {
    rmSync(state, { recursive: true });
  }
});

function begin(
  port: number,
  {
    until: last,
    dying,
    state,
  }: { readonly until: number; readonly dying?: 'plane' | 'logs'; readonly state?: string },
): Container {
  const keep = state ?? '""';
  const service = `command: [sh, -c, ${JSON.stringify(COUNT.replaceAll('$', '$$$$'))}, counter, "${last}"]\nenvironment: { STATE: ${keep} }\n`;
  return new Container({
    services: { counter: service },
    fleet: fleetOf(port),
    options: ['--log-format', 'raw', ...(state === undefined ? [] : ['--state-dir', state])],
    environment: dying === undefined ? {} : { BOSUN_FAULT_INJECTION: dying },
  });
}

function fleetOf(port: number): string {
  return `logs:\n  forward: [central]\n  sinks: { central: { otlp: { url: "http://127.0.0.1:${port}/v1/logs" } } }\n`;
}

async function showsWhatWaits(container: Container, port: number): Promise<void> {
  const { sinks } = await connect({ socketPath: container.socket }).logSinks();
  const [sink] = sinks;
  assert.ok(sink !== undefined && sinks.length === 1);
  const { queued_bytes, retrying_since, next_try, ...others } = sink;
  assert.ok(queued_bytes > 1_000 && retrying_since !== null && next_try !== null);
  assert.deepEqual(others, {
    name: 'central',
    kind: 'otlp',
    place: `http://127.0.0.1:${port}/v1/logs`,
    state: 'retrying',
    queued_lines: 1_000,
    queue_limit_bytes: 64 * 1024 * 1024,
    sent_lines: 0,
    missed_lines: 0,
    refused_lines: 0,
    last_error: 'it answered 503: not now',
  });
}

/** Each number is there, and none comes before the one before it has come. */
function assertInOrderAndWhole(texts: readonly string[], last: number): void {
  let largest = 0;
  for (const text of texts) {
    const number = Number(text.slice('line '.length));
    assert.ok(number <= largest + 1, `${text} came after line ${largest}`);
    largest = Math.max(largest, number);
  }
  assert.equal(largest, last);
}
