// The journal under a real Bosun: it survives kill -9, a control plane that dies, and the container where the state directory does.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventView, eventsView, type EventView } from '../../supervisor/wire/event-view.ts';
import { rebuildView } from '../../supervisor/wire/rebuild-view.ts';
import { servicesView } from '../../supervisor/wire/service-view.ts';
import { call, open } from '../plane/support/http.ts';
import { childrenOf, Container, type ContainerOptions } from '../support/container.ts';
import { eventsOf, reaches, statusOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';

const SLEEPING = 'command: [sleep, "100000"]\n';
const CRASHING = 'command: [sh, -c, "exit 1"]\nrestart: { delay: 0s }\n';

/** A directory that outlives the containers. */
class Volume implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'bosun-volume-'));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Not PID 1, and nothing of it is left when the container ends. */
const BELOW_PID1 = ['sh', '-c', '"$@" & wait $!', 'sh'];

async function killBosun(container: Container): Promise<void> {
  const shell = await container.pid();
  const bosun = await until('the pid of Bosun', () => childrenOf(shell)[0]);
  process.kill(bosun, 'SIGKILL');
  await container.end();
}

/** Two of them at once, on a machine that may have other work. */
const START_LIMIT_MS = 30_000;

type Reader = { readonly done: Promise<void>; readonly seen: () => number; readonly newest: () => number };

/** Reads the stream until it ends; what it has seen before must be the same when it comes again. */
function readStream(container: Container, known: Map<number, EventView>, after: number): Reader {
  let seen = 0;
  let newest = after;
  const read = async (): Promise<void> => {
    const stream = await until(
      'the control socket',
      () =>
        open(container.socket, `/v1/events?after=${after}`, {
          headers: { accept: 'text/event-stream' },
        }).catch(() => undefined),
      START_LIMIT_MS,
    ).catch((error: unknown) => {
      const [told, log] = [container.stderr.text, container.stdout.text.slice(-2000)];
      throw new Error(`stderr: ${told}\nstdout: ${log}`, { cause: error });
    });
    let rest = '';
    stream.setEncoding('utf8');
    try {
      for await (const chunk of stream) {
        const parts = (rest + (chunk as string)).split('\n');
        rest = parts.pop() ?? '';
        for (const line of parts) {
          if (!line.startsWith('data: ')) continue;
          const event = eventView.parse(JSON.parse(line.slice(6)));
          assert.equal(event.id, newest + 1, 'ids increase without a gap');
          newest = event.id;
          const before = known.get(event.id);
          if (before === undefined) seen++;
          else assert.deepEqual(event, before, 'an id that was seen is never used again');
          known.set(event.id, event);
        }
      }
    } catch (error) {
      // Bosun was killed, and the connection with it.
      if (error instanceof assert.AssertionError) throw error;
    }
  };
  return { done: read(), seen: () => seen, newest: () => newest };
}

const ROUNDS = Number(process.env['BOSUN_KILL_ROUNDS'] ?? 50);
const SEEN_AGAIN = 40;

/** Lives of Bosun on one volume, each ended by SIGKILL. How many events they had. */
async function liveAndBeKilled(rounds: number): Promise<number> {
  using volume = new Volume();
  const known = new Map<number, EventView>();
  for (let round = 1; round <= rounds; round++) {
    await using container = new Container({
      services: { a: CRASHING, steady: SLEEPING },
      options: ['--state-dir', volume.path],
      through: BELOW_PID1,
    });
    const reader = readStream(container, known, Math.max(0, known.size - SEEN_AGAIN));
    // Told at once when it fails, and not only when the round is over.
    const ended = reader.done.then(() => 'ended' as const);
    const sees = async (count: number): Promise<void> => {
      const enough = until('events', () => reader.seen() >= count, START_LIMIT_MS);
      assert.notEqual(await Promise.race([enough, ended]), 'ended', container.stderr.text);
    };
    await sees(20);
    const { journal } = servicesView.parse((await call(container.socket, '/v1/services')).json);
    assert.equal(journal.state, 'writing');
    const { json } = await call(container.socket, '/v1/views/rebuild', { method: 'POST' });
    const rebuilt = rebuildView.parse(json);
    assert.deepEqual([rebuilt.differences, rebuilt.from_snapshot], [[], 0]);
    void call(container.socket, '/v1/services/steady/restart', { method: 'POST' }).catch(() => undefined);
    await sees(reader.seen() + ((round * 37) % 200));
    await killBosun(container);
    await ended;
    assert.equal(known.size, reader.newest(), 'every id from 1 on');
  }
  return known.size;
}

test('kill -9 in the middle of events, 50 times: nothing that was seen is gone or changed', async (t) => {
  const startedMs = performance.now();
  const counts = await Promise.all([liveAndBeKilled(ROUNDS / 2), liveAndBeKilled(ROUNDS / 2)]);
  const tookMs = Math.round(performance.now() - startedMs);
  t.diagnostic(`${counts.join(' and ')} events seen in ${ROUNDS} lives, ${tookMs} ms`);
});

test('a control plane that is broken under load loses no event of the journal', async () => {
  await using container = new Container({
    services: { a: CRASHING, steady: SLEEPING },
    environment: { BOSUN_FAULT_INJECTION: 'plane' },
  });
  const steady = await reaches(container, 'steady', 'running');
  for (let crash = 1; crash <= 3; crash++) {
    await container.signal('SIGUSR2');
    await until('the new worker', async () => {
      const events = await eventsOf(container).catch(() => []);
      return events.filter(({ type }) => type === 'plane-restarted').length === crash;
    });
  }
  const { events } = eventsView.parse((await call(container.socket, '/v1/events?after=0')).json);
  assert.deepEqual(
    events.map(({ id }) => id),
    events.map((_event, index) => index + 1),
  );
  const ofA = events.filter(({ service }) => service === 'a').map(({ seq }) => seq);
  assert.deepEqual(
    ofA,
    ofA.map((_seq, index) => index + 1),
  );
  assert.ok(!events.some(({ type }) => type.startsWith('journal-')), 'the file was free for the next one');
  const rebuilt = (await call(container.socket, '/v1/views/rebuild', { method: 'POST' })).json;
  assert.deepEqual(rebuildView.parse(rebuilt).differences, []);
  assert.equal((await statusOf(container, 'steady'))?.pid, steady.pid);
});

test('a journal that cannot be written is in status and in the events, and changes nothing else', async () => {
  using volume = new Volume();
  writeFileSync(join(volume.path, 'journal'), 'a file is in the way');
  await using container = new Container({
    services: { steady: SLEEPING },
    options: ['--state-dir', volume.path],
  });
  await reaches(container, 'steady', 'running');
  const status = await container.ctl('status');
  assert.match(
    status.stdout,
    /^The journal is not written \([^)]*ENOTDIR[^)]*\):\s+\d+\s+events\s+are\s+held\s+in\s+memory\.\s/m,
  );
  assert.equal((await container.ctl('health')).code, 0);
  assert.ok((await eventsOf(container)).some(({ type }) => type === 'journal-failed'));
  rmSync(join(volume.path, 'journal'));
  const recovered = await until('it to be written', async () =>
    (await eventsOf(container)).find(({ type }) => type === 'journal-recovered'),
  );
  assert.equal(recovered.details['lost'], 0);
  assert.doesNotMatch((await container.ctl('status')).stdout, /journal/);
});

const KEPT = { services: { a: SLEEPING, b: SLEEPING, chief: `${SLEEPING}essential: true\n` } };

async function life<Value>(
  options: ContainerOptions,
  during: (container: Container) => Promise<Value>,
): Promise<Value> {
  await using container = new Container(options);
  await reaches(container, 'b', 'running');
  const value = await during(container);
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
  return value;
}

test('what the operator stopped stays stopped in the next container, where the state directory was named', async () => {
  using volume = new Volume();
  const named = { ...KEPT, environment: { BOSUN_STATE_DIR: volume.path } };
  const lastId = await life(named, async (container) => {
    await container.ctl('stop', 'a', 'chief');
    return (await eventsOf(container)).at(-1)?.id ?? 0;
  });
  // Written back into the file at the end: nothing is left to recover.
  assert.deepEqual(readdirSync(join(volume.path, 'journal')), ['events-00000000000001.sqlite']);
  await life(named, async (container) => {
    for (const name of ['a', 'chief']) {
      const service = await statusOf(container, name);
      assert.deepEqual([service?.state, service?.wanted], ['stopped', 'down']);
      await container.stderr.line((line) => line === `bosun: ${name} stays stopped, as the operator left it`);
    }
    const events = await eventsOf(container);
    const booted = events.filter(({ type }) => type === 'booted').map(({ id }) => id);
    assert.equal(booted.length, 2);
    assert.ok((booted[1] ?? 0) > lastId, 'ids go on');
    await container.ctl('start', 'a');
  });
  await life(named, async (container) => {
    assert.equal((await statusOf(container, 'a'))?.wanted, 'up');
    assert.equal((await statusOf(container, 'chief'))?.wanted, 'down');
  });
});

test('without a named state directory a container starts fresh, and ids go on where the journal is there', async () => {
  using volume = new Volume();
  const options = ['--socket', join(volume.path, 'bosun.sock')];
  const inVolume = async <Value>(
    during: (socket: string, container: Container) => Promise<Value>,
  ): Promise<Value> => {
    await using container = new Container({ ...KEPT, options });
    const socket = join(volume.path, 'bosun.sock');
    await until('all to run', async () => {
      const answer = await call(socket, '/v1/health').catch(() => undefined);
      return answer?.status === 200;
    });
    const value = await during(socket, container);
    await container.signal('SIGTERM');
    await container.end();
    return value;
  };
  const listed = async (socket: string): Promise<readonly EventView[]> =>
    eventsView.parse((await call(socket, '/v1/events?after=0')).json).events;
  const first = await inVolume(async (socket) => {
    const stopped = await call(socket, '/v1/services/a/stop?wait=5s', { method: 'POST' });
    assert.equal(stopped.status, 200);
    return listed(socket);
  });
  await inVolume(async (socket, container) => {
    const { services } = servicesView.parse((await call(socket, '/v1/services')).json);
    assert.ok(services.every(({ wanted }) => wanted === 'up'));
    const events = await listed(socket);
    assert.deepEqual(events.slice(0, first.length), first);
    assert.ok(events.length > first.length);
    assert.equal(container.stderr.text, '');
  });
});
