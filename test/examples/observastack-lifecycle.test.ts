// What is set survives: new workers, killed workers, a new gunicorn. And what signals to gunicorn do. The real gunicorn and FastAPI.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { eventually } from '../stack/eventually.ts';
import { SutProcess } from './support/sut-process.ts';

const SOON_MS = 15_000;
const CHANGED = {
  'rate_limit.burst': 77,
  'timeout.request_ms': 12_345,
  'pool.size': 3,
  'workers.count': 3,
  'feature.greeting_in_capitals': true,
  'failure.error_status': 503,
  'failure.latency_ms': 5,
};

describe('the life of the example’s backend', () => {
  let sut: SutProcess;

  before(async () => {
    sut = await SutProcess.start();
  });

  after(async () => {
    await sut[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    await sut.reset();
    await workers(2);
  });

  async function workers(count: number): Promise<readonly number[]> {
    return eventually(`${count} workers`, SOON_MS, () => {
      const pids = sut.workerPids();
      return pids.length === count ? pids : undefined;
    });
  }

  /** `count` workers, and none of the old ones. */
  async function freshWorkers(count: number, old: readonly number[]): Promise<readonly number[]> {
    return eventually(`${count} new workers`, SOON_MS, () => {
      const pids = sut.workerPids();
      return pids.length === count && !pids.some((pid) => old.includes(pid)) ? pids : undefined;
    });
  }

  it('has as many workers as are set, at once, up and down', async () => {
    for (const count of [5, 1, 8, 2]) {
      await sut.set({ 'workers.count': count });
      await workers(count);
    }
  });

  it('ends at the right number when several clients change it at once', async () => {
    await Promise.all([4, 9, 2, 7, 3].map((count) => sut.set({ 'workers.count': count })));
    const { values } = await sut.settings();
    await workers(Number(values['workers.count']));
  });

  it('SIGHUP: new workers under the same master, no request lost, everything that was set stays', async () => {
    const before = await sut.set(CHANGED);
    const old = await workers(3);
    const load = sut.load('/api/hello', 60, 3);
    await sut.answeringPid();
    sut.signal('SIGHUP');
    const fresh = await freshWorkers(3, old);
    const { statuses, errors, requests } = await load;
    assert.deepEqual({ statuses, errors }, { statuses: { 200: requests }, errors: {} });
    assert.deepEqual(await sut.settings(), before);
    assert.ok(fresh.includes(await sut.answeringPid()));
    assert.match((await sut.ask('/api/hello')).body, /HELLO/);
    assert.ok((await sut.set({ 'pool.size': 4 })).revision === before.revision + 1);
  });

  it('SIGKILL to every worker: others come, everything that was set stays', async () => {
    const before = await sut.set(CHANGED);
    const old = await workers(3);
    for (const pid of old) process.kill(pid, 'SIGKILL');
    await freshWorkers(3, old);
    await sut.isUp();
    assert.deepEqual(await sut.settings(), before);
  });

  it('a worker that is killed while clients write loses none of their changes', async () => {
    const { revision } = await sut.settings();
    const answered: number[] = [];
    const writer = async (key: string): Promise<void> => {
      for (let value = 1; value <= 40; value += 1) {
        const headers = { 'Idempotency-Key': `${key}-${value}` };
        // As Bosun does: the same request again, with the same key, until there is an answer.
        const answer = await eventually('an answer', SOON_MS, async () => {
          const { status } = await sut.patch({ [key]: value }, headers);
          return status === 200 ? status : undefined;
        });
        answered.push(answer);
      }
    };
    const killer = async (): Promise<void> => {
      for (const at of [10, 30, 50]) {
        await eventually('so many changes', SOON_MS, () => answered.length >= at || undefined);
        const [first = 0] = sut.workerPids();
        process.kill(first, 'SIGKILL');
      }
    };
    // From 1: each change differs from what was before it.
    await sut.set({ 'database.items': 1_000, 'pool.wait_ms': 60_000 });
    await Promise.all([writer('database.items'), writer('pool.wait_ms'), killer()]);
    const after = await sut.settings();
    assert.equal(after.values['database.items'], 40);
    assert.equal(after.values['pool.wait_ms'], 40);
    assert.equal(after.revision, revision + 1 + 80, 'each change once');
  });

  it('a new gunicorn on the same state directory has the settings and goes on with their revisions', async () => {
    const before = await sut.set(CHANGED);
    await sut.restart();
    assert.deepEqual(await sut.settings(), before);
    await workers(3);
    assert.equal((await sut.set({ 'pool.size': 9 })).revision, before.revision + 1);
  });

  it('SIGUSR1: opens its log again, and keeps its workers', async () => {
    const pids = sut.workerPids();
    await sut.ask('/api/hello?before');
    await eventually('the line', SOON_MS, () => logHas(sut.accessLog, 'before'));
    const rotated = `${sut.accessLog}.1`;
    renameSync(sut.accessLog, rotated);
    sut.signal('SIGUSR1');
    await eventually('the new file', SOON_MS, async () => {
      // Each worker opens it by itself.
      await sut.ask('/api/hello?after');
      return logHas(sut.accessLog, 'after');
    });
    assert.deepEqual(sut.workerPids(), pids, 'uvicorn before 0.18 dies of it');
  });

  it('SIGTERM: answers what it has begun, and ends with 0', async () => {
    await sut.set({ 'failure.latency_ms': 1_000 });
    const revision = (await sut.settings()).revision;
    const slow = Promise.all(Array.from({ length: 4 }, () => sut.ask('/api/hello')));
    const waiting = sut.askConfig(`/config?after=${revision}&wait=25`);
    await eventually(
      'requests on their way',
      SOON_MS,
      async () => (await sut.ask('/api/health')).status === 200 || undefined,
    );
    const stopped = sut.stop();
    for (const { status } of await slow) assert.equal(status, 200);
    assert.equal((await waiting).status, 304);
    assert.equal(await stopped, 0);
    sut.startAgain();
    await sut.isUp();
  });

  it('values that this version does not know or take are left out at the start', async () => {
    const file = join(sut.directory, 'state/settings.json');
    const { revision } = await sut.set({ 'pool.size': 6 });
    await sut.stop();
    const state = JSON.parse(readFileSync(file, 'utf8')) as { values: Record<string, unknown> };
    writeFileSync(
      file,
      JSON.stringify({ ...state, values: { ...state.values, 'of.old': 1, 'pool.wait_ms': -1 } }),
    );
    await sut.restart();
    const now = await sut.settings();
    assert.equal(now.revision, revision);
    assert.equal(now.values['pool.size'], 6);
    assert.equal(now.values['pool.wait_ms'], 1_000);
    assert.ok(!('of.old' in now.values));
  });

  it('without its key it does not start, and says how to make one', async () => {
    const key = join(sut.directory, 'keys/api-key');
    await sut.stop();
    renameSync(key, `${key}.away`);
    writeFileSync(key, 'short\n');
    sut.startAgain();
    assert.equal(await sut.ended(), 3);
    assert.match(sut.output(), /holds no key of at least 16 characters; make one: openssl rand -base64 32/);
    rmSync(key);
    renameSync(`${key}.away`, key);
    sut.startAgain();
    await sut.isUp();
  });
});

function logHas(file: string, text: string): true | undefined {
  return existsSync(file) && readFileSync(file, 'utf8').includes(text) ? true : undefined;
}
