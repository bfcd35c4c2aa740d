// Nothing is lost and nothing is doubled: ten services write as fast as they can while the logs' thread and the control plane die again and
// again, files are rotated and compressed, a follower never reads, and the reader of standard output stalls. What standard output missed is
// what was counted. BOSUN_TORTURE_MS: for how long they write. BOSUN_TORTURE_STALL_MS: how long the reader stalls.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import { Container } from '../support/container.ts';
import { eventsOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';
import { countRotated, logFiles } from '../support/log-files.ts';
import { NumberedLines, type Written } from '../support/numbered-lines.ts';
import { BOSUN_WITH_DEATHS, INTO_FIFO, StdoutReader, writer, writtenBy } from '../support/torture-fleet.ts';

const TORTURE_MS = Number(process.env['BOSUN_TORTURE_MS'] ?? 4000);
const STALL_MS = Number(process.env['BOSUN_TORTURE_STALL_MS'] ?? 2000);
const DEATHS = 10;
const ORDER = 'logs,logs,plane';

const HOWS = ['line', 'line', 'line', 'many', 'many', 'cut', 'cut', 'line', 'cut', 'paced'] as const;
const FORMATS = ['raw', 'prefix', 'json'] as const;
const FILES = [
  '{ max_size: 1M, compress: none, format: raw }',
  '{ max_size: 300K, compress: none, format: timed }',
  '{ max_size: 3M, compress: gzip, format: timed }',
  '{ max_size: 2M, compress: none, format: json }',
  '{ max_size: 4M, compress: zstd, format: timed }',
] as const;

const NAMES = HOWS.map((_, index) => `w${index}`);

function services(): Record<string, string> {
  return Object.fromEntries(
    HOWS.map((how, index) => {
      const format = FORMATS[index % FORMATS.length] ?? 'raw';
      const file = FILES[index % FILES.length] ?? '';
      const logs = `logs: { format: ${format}, file: ${file.replace('{', '{ keep: 10000,')} }\n`;
      return [`w${index}`, writer(`w${index}`, how, TORTURE_MS, logs)];
    }),
  );
}

/** A follower that asks, and reads nothing at all. */
function followSilently(container: Container): Socket {
  const socket = connect(container.socket);
  socket.pause();
  socket.on('error', () => undefined);
  socket.write('GET /v1/logs?follow=true HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n');
  return socket;
}

/** Spread over the time in which they write. */
async function killThreads(container: Container, followers: DisposableStack): Promise<number> {
  let kills = 0;
  const endMs = performance.now() + TORTURE_MS;
  // One death in three is the control plane's.
  for (; performance.now() < endMs || kills < 15; kills++) {
    await pause(TORTURE_MS / (1.5 * DEATHS));
    await container.signal('SIGUSR2');
    const socket = followSilently(container);
    followers.defer(() => socket.destroy());
  }
  return kills;
}

function assertWhole(t: TestContext, container: Container, name: string, written: Written): number {
  const directory = join(container.directory, 'bosun.state', 'logs', name);
  const lines = new NumberedLines('whole');
  let bytes = 0;
  for (const content of logFiles(directory)) {
    bytes += content.length;
    lines.take(content, (line) => {
      assert.fail(`a line of nobody in the files of ${name}: ${line.slice(0, 200)}`);
    });
    // No line goes over from one file to the next.
    lines.end();
  }
  const { seen } = lines;
  assert.equal(seen[`${name} o`]?.last ?? 0, written.o, `${name}: standard output`);
  assert.equal(seen[`${name} e`]?.last ?? 0, written.e, `${name}: standard error`);
  t.diagnostic(
    `${name}: ${written.o + written.e} lines, ${countRotated(directory)} rotated files, longest write ${written.longestMs.toFixed(1)} ms`,
  );
  return bytes;
}

test('no line is lost or doubled, whatever dies or stalls', { timeout: 120_000 + 6 * TORTURE_MS }, async (t) => {
  using followers = new DisposableStack();
  await using container = new Container({
    services: services(),
    program: BOSUN_WITH_DEATHS,
    environment: { BOSUN_TEST_DEATHS: ORDER },
    inside: INTO_FIFO,
  });
  using reader = await StdoutReader.of(container);
  const client = new BosunClient(container.socket);
  await until('the control plane', () => client.health().catch(() => undefined), 20_000);
  const stall = (async () => {
    await pause(TORTURE_MS / 4);
    reader.stall();
    await pause(STALL_MS);
    reader.goOn();
  })();
  const [kills] = await Promise.all([killThreads(container, followers), stall]);
  const limitMs = 30_000 + 4 * TORTURE_MS;
  const reports = await Promise.all(NAMES.map((name) => writtenBy(container, name, limitMs)));
  const types = (await until('the events', async () => {
    const events = await eventsOf(container);
    return events.length > 0 && events;
  })).map(({ type }) => type);
  const deaths = types.filter((type) => type === 'logs-failed').length;
  const planeDeaths = types.filter((type) => type === 'plane-failed').length;
  let dropped = -1;
  await until('the loss to be told', async () => {
    const before = dropped;
    dropped = (await client.health()).dropped_log_lines;
    await pause(200);
    return dropped === before;
  });
  await container.signal('SIGTERM');
  assert.equal((await container.end(30_000)).code, 0, container.stderr.text);
  const findings = await reader.findings();
  const bytes = reports.reduce((sum, written, index) => sum + assertWhole(t, container, `w${index}`, written), 0);
  const written = reports.reduce((sum, { o, e }) => sum + o + e, 0);
  const shown = Object.values(findings.seen).reduce((sum, { lines }) => sum + lines, 0);
  t.diagnostic(
    `${written} lines (${Math.round(bytes / 2 ** 20)} MiB in files) in ${TORTURE_MS} ms, ${deaths} deaths of the logs' thread and ` +
      `${planeDeaths} of the control plane (${kills} signals); standard output missed ${written - shown}, counted ${dropped}, told ` +
      `${findings.told} in ${findings.notices} notices, Bosun's own lines of deaths ${findings.failures}`,
  );
  const ownMissing = deaths + planeDeaths - findings.failures;
  assert.equal(dropped, written - shown + ownMissing, `own lines missing: ${ownMissing}`);
  assert.equal(findings.told, dropped);
  assert.ok(dropped > 0, 'the reader did not stall long enough for a loss');
  assert.ok(deaths >= DEATHS, `${deaths} deaths`);
  assert.ok(planeDeaths >= 2, `${planeDeaths} deaths of the control plane`);
});
