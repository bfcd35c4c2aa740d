// The example's backend really does what is configured: measured from outside, by the example's own load generator where it is
// about many requests. The real gunicorn, FastAPI and HTTPS.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, beforeEach, describe, it } from 'node:test';
import * as z from 'zod';
import { eventually } from '../stack/eventually.ts';
import { until } from '../support/deadline.ts';
import type { Answer } from './support/https-client.ts';
import { SutProcess } from './support/sut-process.ts';

const items = z.looseObject({ items: z.array(z.record(z.string(), z.json())) });
const hello = z.looseObject({ message: z.string() });

describe('what is set takes effect', () => {
  let sut: SutProcess;

  before(async () => {
    sut = await SutProcess.start();
  });

  after(async () => {
    await sut[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    await sut.reset();
    await eventually('two workers', 10_000, () => sut.workerPids().length === 2 || undefined);
  });

  function askMany(path: string, count: number): Promise<readonly Answer[]> {
    return Promise.all(Array.from({ length: count }, () => sut.ask(path)));
  }

  function countOf(answers: readonly Answer[], status: number): number {
    return answers.filter((answer) => answer.status === status).length;
  }

  it('nothing set: every request of the load is answered', async () => {
    const { requests, statuses, errors, skipped } = await sut.load('/api/hello', 50, 2);
    assert.deepEqual(
      { requests, statuses, errors, skipped },
      { requests: 100, statuses: { 200: 100 }, errors: {}, skipped: 0 },
    );
  });

  it('rate limit: so many a second over all workers get through, the rest 429', async () => {
    await sut.set({ 'rate_limit.requests_per_second': 20, 'rate_limit.burst': 5 });
    const startedMs = performance.now();
    const { requests, statuses } = await sut.load('/api/hello', 80, 3);
    const seconds = (performance.now() - startedMs) / 1000;
    const { 200: through = 0, 429: limited = 0 } = statuses;
    assert.equal(through + limited, requests);
    assert.ok(through <= 5 + 20 * seconds + 1, `${through} in ${seconds} s`);
    // A machine that stalls for longer than the burst lasts loses tokens.
    assert.ok(through >= 40, `${through} of 65`);
  });

  it('rate limit: says when to come again, and then there is a place', async () => {
    await sut.set({ 'rate_limit.requests_per_second': 0.5, 'rate_limit.burst': 3 });
    const answers = await askMany('/api/hello', 8);
    const limited = answers.filter(({ status }) => status === 429);
    assert.ok(limited.length >= 4, `${limited.length} of 8`);
    for (const { headers } of limited) assert.match(headers['retry-after'] ?? '', /^[1-8]$/);
    assert.equal((await sut.ask('/api/health')).status, 200, 'the health check has no limit');
    const seconds = Number((await sut.ask('/api/hello')).headers['retry-after']);
    const askedMs = performance.now();
    await eventually(
      'a place',
      20_000,
      async () => (await sut.ask('/api/hello')).status === 200 || undefined,
    );
    assert.ok(performance.now() - askedMs <= seconds * 1000 + 1_000);
  });

  it('rate limit: one for all workers, whichever has the connection', async () => {
    await sut.set({ 'rate_limit.requests_per_second': 0.1, 'rate_limit.burst': 20, 'workers.count': 4 });
    await eventually('four workers', 10_000, () => sut.workerPids().length === 4 || undefined);
    const through = countOf(await askMany('/api/hello', 100), 200);
    assert.ok(through >= 18 && through <= 24, `${through}: four buckets would have let through up to 80`);
  });

  it('rate limit: taken away, all get through', async () => {
    await sut.set({ 'rate_limit.requests_per_second': 1, 'rate_limit.burst': 1 });
    assert.ok(countOf(await askMany('/api/hello', 5), 429) >= 3);
    await sut.set({ 'rate_limit.requests_per_second': 0 });
    assert.equal(countOf(await askMany('/api/hello', 5), 200), 5);
  });

  it('latency: each request waits so long, and by chance up to so much longer', async () => {
    const plain = (await sut.load('/api/hello', 40, 1)).latency_ms;
    await sut.set({ 'failure.latency_ms': 200, 'failure.latency_jitter_ms': 200 });
    const slow = (await sut.load('/api/hello', 40, 2)).latency_ms;
    assert.ok(plain !== null && slow !== null);
    assert.ok(slow.min >= 200, `min ${slow.min}`);
    assert.ok(slow.p50 >= 260 && slow.p50 - plain.p50 < 500, `p50 ${slow.p50}, without ${plain.p50}`);
    assert.ok(slow.max - slow.min > 120, `from ${slow.min} to ${slow.max}`);
    assert.ok(plain.min < 200, `without: ${plain.min}`);
  });

  it('errors: at the rate and with the status that are set', async () => {
    await sut.set({ 'failure.error_rate': 0.3, 'failure.error_status': 502 });
    const { requests, statuses } = await sut.load('/api/hello', 200, 3);
    const { 200: good = 0, 502: bad = 0 } = statuses;
    assert.equal(good + bad, requests);
    // Five standard deviations of a binomial distribution: wrong once in two million runs.
    const tolerance = 5 * Math.sqrt(requests * 0.3 * 0.7);
    assert.ok(Math.abs(bad - requests * 0.3) < tolerance, `${bad} of ${requests}, tolerance ${tolerance}`);

    await sut.set({ 'failure.error_rate': 1, 'failure.error_status': 418 });
    assert.equal(countOf(await askMany('/api/items', 10), 418), 10);
    assert.equal((await sut.ask('/api/health')).status, 200);
  });

  it('flags and data change the answers', async () => {
    const greeting = async (): Promise<string> =>
      hello.parse(JSON.parse((await sut.ask('/api/hello')).body)).message;
    const rows = async () => items.parse(JSON.parse((await sut.ask('/api/items')).body)).items;
    assert.equal(await greeting(), 'hello');
    assert.deepEqual((await rows())[0], { id: 1, name: 'item 1' });
    await sut.set({ 'feature.greeting_in_capitals': true, 'feature.item_prices': true, 'database.items': 3 });
    for (let i = 0; i < 6; i += 1) assert.equal(await greeting(), 'HELLO');
    assert.deepEqual((await rows())[2], { id: 3, name: 'item 3', price_cents: 300 });
    assert.equal((await rows()).length, 3);
  });

  it('unhealthy: the health check fails, and nothing else', async () => {
    await sut.set({ 'failure.unhealthy': true });
    assert.equal((await sut.ask('/api/health')).status, 503);
    assert.equal((await sut.ask('/api/hello')).status, 200);
  });

  it('time-out: a request that takes longer gets 504 then', async () => {
    await sut.set({ 'timeout.request_ms': 150, 'failure.latency_ms': 20_000 });
    const startedMs = performance.now();
    assert.equal((await sut.ask('/api/hello')).status, 504);
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs >= 150 && tookMs < 10_000, `${tookMs} ms`);
    await sut.set({ 'timeout.request_ms': 20_000, 'failure.latency_ms': 300 });
    assert.equal((await sut.ask('/api/hello')).status, 200);
  });

  describe('connections', () => {
    beforeEach(async () => {
      await sut.set({ 'workers.count': 1 });
      await eventually('one worker', 10_000, () => sut.workerPids().length === 1 || undefined);
    });

    it('exhausted: who gets none in time gets 503', async () => {
      await sut.set({ 'pool.size': 2, 'database.query_ms': 3_000, 'pool.wait_ms': 100 });
      const answers = await askMany('/api/items', 8);
      assert.equal(countOf(answers, 200), 2);
      assert.equal(countOf(answers, 503), 6);
      for (const { status, headers } of answers)
        assert.equal(headers['retry-after'], status === 503 ? '1' : undefined);
    });

    it('short: who waits long enough gets one, in turn', async () => {
      await sut.set({ 'pool.size': 2, 'database.query_ms': 200, 'pool.wait_ms': 60_000 });
      const startedMs = performance.now();
      assert.equal(countOf(await askMany('/api/items', 8), 200), 8);
      assert.ok(performance.now() - startedMs >= 4 * 200, 'two at a time');
    });

    it('a pool that grows lets in who waits', async () => {
      await sut.set({ 'pool.size': 1, 'database.query_ms': 6_000, 'pool.wait_ms': 60_000 });
      const startedMs = performance.now();
      const waiting = askMany('/api/items', 4);
      await sut.answeringPid();
      await sut.set({ 'pool.size': 4 });
      assert.equal(countOf(await waiting, 200), 4);
      assert.ok(performance.now() - startedMs < 12_000, 'not one after the other');
    });

    it('a request that is cut off gives its connection back', async () => {
      await sut.set({ 'pool.size': 1, 'database.query_ms': 60_000, 'timeout.request_ms': 100 });
      assert.equal(countOf(await askMany('/api/items', 3), 504), 3);
      await sut.set({ 'database.query_ms': 0, 'timeout.request_ms': 30_000 });
      assert.equal((await sut.ask('/api/items')).status, 200);
    });
  });

  describe('exhaustion', () => {
    it('memory: one worker takes it and keeps it, another after its death; then it is given back', async () => {
      const mib = 96;
      const holders = (): readonly number[] => sut.workerPids().filter((pid) => anonymousMib(pid) > mib);
      await sut.set({ 'failure.memory_mib': mib });
      const [holder = 0] = await until('a worker with the memory', () => holders().length === 1 && holders());
      process.kill(holder, 'SIGKILL');
      const [next] = await until(
        'another one',
        () => !holders().includes(holder) && holders().length === 1 && holders(),
      );
      assert.notEqual(next, holder);
      await sut.set({ 'failure.memory_mib': 0 });
      await until('the memory given back', () => holders().length === 0);
    });

    it('CPU: so many threads use it up, and requests are answered all the same; then none', async () => {
      await sut.set({ 'failure.cpu_threads': 3, 'failure.cpu_percent': 100 });
      const busy = await until('three busy threads', async () => (await busyThreads(sut)) === 3 && 3, 60_000);
      assert.equal(busy, 3);
      assert.equal(countOf(await askMany('/api/hello', 5), 200), 5);
      await sut.set({ 'failure.cpu_threads': 0 });
      await until('no busy thread', async () => (await busyThreads(sut)) === 0, 60_000);
    });
  });
});

function anonymousMib(pid: number): number {
  const [, kib = '0'] = /RssAnon:\s+(\d+)/.exec(processFile(pid, 'status')) ?? [];
  return Number(kib) / 1024;
}

/** How many threads beside the main ones of the workers have used up CPU while two seconds of light load went on. */
async function busyThreads(sut: SutProcess): Promise<number> {
  const before = ticksOfThreads(sut.workerPids());
  await sut.load('/api/hello', 5, 2);
  const after = ticksOfThreads(sut.workerPids());
  return [...after].filter(([thread, ticks]) => ticks - (before.get(thread) ?? ticks) >= 3).length;
}

/** User and system time of each thread but the main ones, proc_pid_stat(5). */
function ticksOfThreads(pids: readonly number[]): ReadonlyMap<string, number> {
  const threads = pids.flatMap((pid) =>
    readdirSync(`/proc/${pid}/task`)
      .filter((thread) => thread !== String(pid))
      .map((thread) => `${pid}/task/${thread}`),
  );
  return new Map(
    threads.map((thread) => {
      const [, rest = ''] = processFile(thread, 'stat').split(') ');
      const fields = rest.split(' ');
      return [thread, Number(fields[11] ?? 0) + Number(fields[12] ?? 0)];
    }),
  );
}

function processFile(pid: number | string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
