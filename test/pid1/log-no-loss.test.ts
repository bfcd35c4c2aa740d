// Nothing is lost and nothing is doubled: ten services write as fast as they can while the logs' thread and the control plane die again and
// again, files are rotated and compressed, a follower never reads, and the reader of standard output stalls. What standard output missed is
// what was counted. BOSUN_TORTURE_MS: for how long they write. BOSUN_TORTURE_STALL_MS: how long the reader stalls.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import { call } from '../plane/support/http.ts';
import { Container } from '../support/container.ts';
import { until } from '../support/deadline.ts';
import { countRotated, logFiles, newestLogs } from '../support/log-files.ts';
import { NumberedLines, type Written } from '../support/numbered-lines.ts';
import {
  BOSUN_WITH_DEATHS,
  INTO_FIFO,
  letThemWrite,
  StdoutReader,
  writer,
  writtenBy,
} from '../support/torture-fleet.ts';

const TORTURE_MS = Number(process.env['BOSUN_TORTURE_MS'] ?? 4000);
const STALL_MS = Number(process.env['BOSUN_TORTURE_STALL_MS'] ?? 3000);
/** After so many lines a writer is slow, so that the disk is not filled. */
const MOST_LINES = 75 * TORTURE_MS;
/** Of the logs' thread: enough for its pauses to become as long as they may. */
const DEATHS = 15;
const PLANE_DEATHS = 2;
/** In each turn of killing: the logs' thread, sometimes the next one too, while it starts, and at first the control plane beside it. */
const TURNS = Array.from({ length: 1000 }, (_, turn) => [
  'logs',
  ...(turn % 5 === 4 ? ['logs'] : []),
  ...(turn === 2 || turn === 5 ? ['plane'] : []),
]);
/** A thread that has not written anything by then is killed all the same, before the second is over for which it may hold up the services. */
const PATIENCE_MS = 900;
/** Of one write of a service, with threads that die twice a second: a second for the reader, then a pause and a start, or a few. */
const STALL_LIMIT_MS = 5000;
/** What a start may take more on this machine now, in starts of a process. */
const STARTS = 40;

const HOWS = ['line', 'line', 'line', 'many', 'many', 'cut', 'cut', 'line', 'cut', 'paced'] as const;
const FORMATS = ['raw', 'prefix', 'json'] as const;
const FILES = [
  '{ max_size: 1M, compress: none, format: raw }',
  '{ max_size: 300K, compress: none, format: timed }',
  '{ max_size: 3M, compress: gzip, format: timed }',
  '{ max_size: 2M, compress: none, format: json }',
  '{ max_size: 4M, compress: zstd, format: timed }',
] as const;

type Deaths = { readonly logs: number; readonly plane: number };

const NAMES = HOWS.map((_, index) => `w${index}`);

function services(): Record<string, string> {
  return Object.fromEntries(
    HOWS.map((how, index) => {
      const format = FORMATS[index % FORMATS.length] ?? 'raw';
      const file = FILES[index % FILES.length] ?? '';
      const logs = `logs: { format: ${format}, file: ${file.replace('{', '{ keep: 10000,')} }\n`;
      return [`w${index}`, writer(`w${index}`, { how, forMs: 600_000, lines: MOST_LINES }, logs)];
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

/** Over the time in which they write, and for as long as the reader stalls: none of the logs' threads lives for a second meanwhile. */
async function killThreads(container: Container, stalled: Promise<void>): Promise<{ startMs: number }> {
  using followers = new DisposableStack();
  let stall: 'on' | 'over' = 'on';
  void stalled.finally(() => (stall = 'over')).catch(() => undefined);
  let turn = 0;
  let startsMs = 0;
  await until(
    'all deaths',
    async () => {
      const sizes = sizesOf(container);
      await until('lines', () => sizesOf(container) !== sizes, PATIENCE_MS).catch(() => undefined);
      startsMs += await startMs();
      await pause(Math.random() * (TORTURE_MS / DEATHS));
      for (let death = TURNS[turn++]?.length ?? 0; death > 0; death--) await container.signal('SIGUSR2');
      const socket = followSilently(container);
      followers.defer(() => socket.destroy());
      const deaths = deathsOf(container);
      return deaths.logs >= DEATHS && deaths.plane >= PLANE_DEATHS && stall === 'over';
    },
    90_000 + 2 * TORTURE_MS,
  );
  return { startMs: startsMs / turn };
}

async function startMs(): Promise<number> {
  const beganMs = performance.now();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  return performance.now() - beganMs;
}

function sizesOf(container: Container): string {
  return NAMES.map((name) => {
    const path = join(container.directory, 'bosun.state', 'logs', name, 'current.log');
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }).join(' ');
}

/** As Bosun tells them on standard error: the control plane may be dead itself. */
function deathsOf({ stderr }: Container): Deaths {
  return {
    logs: stderr.text.split("bosun: the logs' thread failed").length - 1,
    plane: stderr.text.split('bosun: the control plane failed').length - 1,
  };
}

async function dropped(client: BosunClient): Promise<number> {
  return (await answered(() => client.health())).dropped_log_lines;
}

/** By the control plane, once it is there. */
function answered<T>(ask: () => Promise<T>): Promise<T> {
  return until('an answer', () => ask().catch(() => undefined), 30_000);
}

/** Until something is lost for it. */
async function stallReader(client: BosunClient, reader: StdoutReader): Promise<void> {
  await pause(TORTURE_MS / 4);
  reader.stall();
  await pause(STALL_MS);
  await until('a loss', async () => (await dropped(client)) > 0, 60_000);
  reader.goOn();
}

async function endWriting(container: Container): Promise<readonly Written[]> {
  const body = JSON.stringify({ verb: 'signal', services: NAMES, signal: 'SIGUSR1' });
  const answer = await call(container.socket, '/v1/commands', { method: 'POST', body });
  assert.equal(answer.status, 202, answer.text);
  return Promise.all(NAMES.map((name) => writtenBy(container, name, 60_000)));
}

/** What is lost in all: standard output is given each block before the files are. */
async function settledLoss(
  container: Container,
  client: BosunClient,
  reports: readonly Written[],
): Promise<number> {
  for (const [index, name] of NAMES.entries())
    await until(
      `the last lines of ${name} in its files`,
      () => hasLast(container, name, reports[index]),
      60_000,
    );
  return dropped(client);
}

function hasLast(container: Container, name: string, written: Written | undefined): boolean {
  const directory = join(container.directory, 'bosun.state', 'logs', name);
  let newest = '';
  for (const content of newestLogs(directory)) {
    newest = content.toString('latin1') + newest;
    if ([`${name} o ${written?.o} x`, `${name} e ${written?.e} x`].every((line) => newest.includes(line)))
      return true;
    if (newest.length > 3 * 2 ** 20) return false;
  }
  return false;
}

function hasLines(container: Container, name: string): boolean {
  return (container.read(join('bosun.state', 'logs', name, 'current.log')) ?? '') !== '';
}

/** Its size in bytes. */
function assertWhole(t: TestContext, directory: string, name: string, written: Written): number {
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
  const longest = written.longestMs.toFixed(1);
  t.diagnostic(
    `${name}: ${written.o + written.e} lines, ${countRotated(directory)} rotated files, longest write ${longest} ms`,
  );
  return bytes;
}

test(
  'no line is lost or doubled, whatever dies or stalls',
  { timeout: 240_000 + 4 * TORTURE_MS },
  async (t) => {
    await using container = new Container({
      services: services(),
      program: BOSUN_WITH_DEATHS,
      environment: { BOSUN_TEST_DEATHS: TURNS.flat().join(',') },
      inside: INTO_FIFO,
    });
    using reader = await StdoutReader.of(container);
    const client = new BosunClient(container.socket);
    await letThemWrite(container);
    await until('lines of all', () => NAMES.every((name) => hasLines(container, name)), 30_000);
    const beganMs = performance.now();
    const stalled = stallReader(client, reader);
    const [killing] = await Promise.all([killThreads(container, stalled), stalled]);
    const reports = await endWriting(container);
    const tookMs = performance.now() - beganMs;
    const lost = await settledLoss(container, client, reports);
    const deaths = deathsOf(container);
    await container.signal('SIGTERM');
    assert.equal((await container.end(60_000)).code, 0, container.stderr.text);
    const { seen, told, notices, failures } = await reader.findings();
    let bytes = 0;
    for (const [index, name] of NAMES.entries()) {
      const written = reports[index];
      assert.ok(written);
      bytes += assertWhole(t, join(container.directory, 'bosun.state', 'logs', name), name, written);
    }
    const written = sum(reports.map(({ o, e }) => o + e));
    const missed = written - sum(Object.values(seen).map(({ lines }) => lines));
    t.diagnostic(
      `${written} lines (${Math.round(bytes / 2 ** 20)} MiB in files) in ${Math.round(tookMs)} ms, ${deaths.logs} deaths of ` +
        `the logs' thread and ${deaths.plane} of the control plane; standard output missed ${missed}, counted ${lost}, told ${told} ` +
        `in ${notices} notices; ${failures} deaths are told there`,
    );
    // Bosun's own lines have room of their own: none of them is among the lost.
    assert.equal(lost, missed);
    assert.equal(told, lost);
    const longestMs = Math.max(...reports.map((report) => report.longestMs));
    const limitMs = STALL_LIMIT_MS + STARTS * killing.startMs;
    assert.ok(longestMs < limitMs, `a write took ${longestMs} ms; ${limitMs} ms are allowed on this machine`);
  },
);

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
