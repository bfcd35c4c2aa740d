import assert from 'node:assert/strict';
import { createConnection } from 'node:net';
import { test } from 'node:test';
import { comesUp, name, service } from './support/fleet-fixture.ts';
import { call, open, readUntil } from './support/http.ts';
import { PlaneRig } from './support/plane-rig.ts';

const SERVICES = [service('consul'), service('caddy')];
const SSE = { accept: 'text/event-stream' };

function idsIn(stream: string): readonly number[] {
  return [...stream.matchAll(/^data: \{"id":(\d+)/gm)].map((match) => Number(match[1]));
}

function listedIds(json: Record<string, unknown>): readonly number[] {
  return (json['events'] as { id: number }[]).map(({ id }) => id);
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** An event of some size, so that a few thousand are some megabytes. */
function wide(index: number): Parameters<PlaneRig['emit']>[0][number] {
  return { type: 'plane-failed', reason: `${index} ${'x'.repeat(1000)}` };
}

test('the list goes on from a cursor and takes filters', async () => {
  await using rig = await PlaneRig.start({ services: SERVICES });
  rig.emit([...comesUp('consul', 1), ...comesUp('caddy', 2)]);
  await rig.outputWith('caddy is ready');
  const all = await call(rig.socketPath, '/v1/events');
  assert.deepEqual(listedIds(all.json), range(1, 7));
  assert.deepEqual([all.json['last_event_id'], all.json['oldest_event_id']], [7, 1]);
  const ask = async (query: string): Promise<readonly number[]> =>
    listedIds((await call(rig.socketPath, `/v1/events?${query}`)).json);
  assert.deepEqual(await ask('after=5'), [6, 7]);
  assert.deepEqual(await ask('after=7'), []);
  assert.deepEqual(await ask('service=caddy'), [5, 6, 7]);
  assert.deepEqual(await ask('service=caddy,consul&type=ready'), [4, 7]);
  assert.deepEqual(await ask('limit=2&after=1'), [2, 3]);
  const [event] = (await call(rig.socketPath, '/v1/events?after=6')).json['events'] as Record<
    string,
    unknown
  >[];
  assert.deepEqual([event?.['type'], event?.['service'], event?.['seq']], ['ready', 'caddy', 3]);
  assert.deepEqual(Object.keys(event?.['details'] as object), ['run', 'at_ms']);
});

test('a stream that comes back with Last-Event-ID has neither a gap nor a repetition', async () => {
  await using rig = await PlaneRig.start({ services: SERVICES });
  const first = await open(rig.socketPath, '/v1/events?after=0', { headers: SSE });
  rig.emit(comesUp('consul', 1));
  const before = await readUntil(first, (text) => idsIn(text).length >= 3);
  const last = idsIn(before).at(-1) ?? 0;
  rig.emit(comesUp('caddy', 2));
  const second = await open(rig.socketPath, '/v1/events', {
    headers: { ...SSE, 'last-event-id': String(last) },
  });
  rig.emit([{ type: 'wanted', service: name('caddy'), wanted: 'down' }]);
  const rest = await readUntil(second, (text) => idsIn(text).includes(8));
  assert.deepEqual([...idsIn(before), ...idsIn(rest)], range(1, 8));
});

test('the same over the death of the worker', async () => {
  await using rig = await PlaneRig.start({ services: SERVICES });
  const first = await open(rig.socketPath, '/v1/events?after=0', { headers: SSE });
  rig.emit(comesUp('consul', 1));
  const before = await readUntil(first, (text) => idsIn(text).length >= 3);
  rig.crash();
  await rig.message('worker-exit');
  rig.emit(comesUp('caddy', 2));
  await rig.restartWorker();
  const headers = { ...SSE, 'last-event-id': String(idsIn(before).at(-1)) };
  const second = await open(rig.socketPath, '/v1/events', { headers });
  const rest = await readUntil(second, (text) => idsIn(text).includes(7));
  assert.deepEqual([...idsIn(before), ...idsIn(rest)], range(1, 7));
});

test('without a cursor a stream brings only what is new, after an id to come back to', async () => {
  await using rig = await PlaneRig.start({ services: SERVICES });
  rig.emit(comesUp('consul', 1));
  await rig.outputWith('consul is ready');
  const stream = await open(rig.socketPath, '/v1/events', { headers: SSE });
  assert.equal(stream.headers['content-type'], 'text/event-stream');
  rig.emit([{ type: 'wanted', service: name('caddy'), wanted: 'down' }]);
  const text = await readUntil(stream, (got) => idsIn(got).length >= 1);
  assert.match(text, /^id: 4\n\n/);
  assert.deepEqual(idsIn(text), [5]);
});

const QUIET = { type: 'backoff-reset', service: name('caddy') } as const;

test('a cursor that is older than what is held is told, not passed over', async () => {
  // Without a disk only the newest are held.
  await using rig = await PlaneRig.start({ services: SERVICES, settings: { stateDir: '/dev/null/state' } });
  rig.emit([...range(1, 10_499).map(() => QUIET), wide(0)]);
  await rig.outputWith('0 xx');
  const { json } = await call(rig.socketPath, '/v1/events?limit=1');
  const oldest = json['oldest_event_id'] as number;
  const newest = json['last_event_id'] as number;
  assert.ok(oldest > 400, String(oldest));
  const stream = await open(rig.socketPath, '/v1/events?after=3', { headers: SSE });
  const text = await readUntil(stream, (got) => idsIn(got).includes(newest));
  assert.ok(
    text.startsWith(`event: gap\ndata: {"after":3,"oldest_event_id":${oldest}}\n\n`),
    text.slice(0, 100),
  );
  assert.deepEqual(idsIn(text), range(oldest, newest));
});

test('what is kept on the disk is streamed and listed from any cursor, page by page', async () => {
  await using rig = await PlaneRig.start({ services: SERVICES });
  rig.emit([...range(1, 12_499).map(() => QUIET), wide(0)]);
  await rig.outputWith('0 xx');
  const { last_event_id: newest } = (await call(rig.socketPath, '/v1/services')).json as {
    last_event_id: number;
  };
  const stream = await open(rig.socketPath, '/v1/events?after=3', { headers: SSE });
  const text = await readUntil(stream, (got) => got.includes(`"id":${newest},`));
  assert.deepEqual(idsIn(text), range(4, newest));
  const listed: number[] = [];
  for (let after = 3; after < newest;) {
    const { json } = await call(rig.socketPath, `/v1/events?after=${after}&limit=5000`);
    listed.push(...listedIds(json));
    assert.ok((json['next_after'] as number) > after);
    after = json['next_after'] as number;
  }
  assert.deepEqual(listed, range(4, newest));
  // What is far back and rare is found by a filter, and the search says how far it has come.
  const { json } = await call(rig.socketPath, '/v1/events?type=booted');
  assert.deepEqual([listedIds(json), json['next_after']], [[1], newest]);
});

test('a slow reader is cut off at a bound and can come back; a quick one misses nothing', async () => {
  await using rig = await PlaneRig.start({ services: SERVICES });
  const quick = await open(rig.socketPath, '/v1/events', { headers: SSE });
  const slow = createConnection(rig.socketPath);
  const ended = new Promise((resolve) => slow.once('close', resolve));
  slow.on('error', () => undefined);
  slow.write('GET /v1/events HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n');
  const [head] = await new Promise<[Buffer]>((resolve) =>
    slow.once('data', (data: Buffer) => {
      resolve([data]);
    }),
  );
  assert.match(head.toString(), /^HTTP\/1\.1 200 /);
  slow.pause();
  const got = readUntil(quick, (text) => idsIn(text).length >= 4000);
  // In portions, so that the quick one has a chance to read between them, as it has in life.
  for (const portion of range(0, 39)) {
    rig.emit(range(1, 100).map((index) => wide(portion * 100 + index)));
    await rig.outputWith(`${portion * 100 + 100} xx`);
  }
  assert.deepEqual(idsIn(await got), range(2, 4001));
  // What was in flight is read; then the connection is at its end, long before the 4 MB.
  let received = 0;
  slow.on('data', (data: Buffer) => (received += data.length));
  slow.resume();
  await ended;
  assert.ok(received < 3_000_000, `received ${received}`);
  // It comes back with what it had, reads at its own pace, and is not cut off for that: it catches up.
  const again = await open(rig.socketPath, '/v1/events', { headers: { ...SSE, 'last-event-id': '1' } });
  again.pause();
  rig.emit([wide(4001)]);
  await rig.outputWith('4001 xx');
  assert.deepEqual(idsIn(await readUntil(again, (text) => idsIn(text).includes(4002))), range(2, 4002));
  assert.equal((await call(rig.socketPath, '/healthz')).status, 200);
});
