// Reading logs over the API, from the files that the real logs' thread writes, and from its memory.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEFAULT_LOGS, type LogFileSpec } from '../../supervisor/core/log-spec.ts';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import type { StreamedLog } from '../../supervisor/client/log-stream.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { until, within } from '../support/deadline.ts';
import { service } from './support/fleet-fixture.ts';
import { call, open, readUntil } from './support/http.ts';
import { PlaneRig } from './support/plane-rig.ts';
import { PLAIN_LOG_FILE } from '../support/log-file-spec.ts';

const ROOT = join(tmpdir(), `bosun-logs-reading-${process.pid}`);
let directories = 0;

function withFiles(name: string, more: Partial<LogFileSpec> = {}): ServiceSpec {
  directories += 1;
  const file: LogFileSpec = {
    ...PLAIN_LOG_FILE,
    directory: join(ROOT, String(directories), name),
    ...more,
  };
  return service(name, { logs: { ...DEFAULT_LOGS, format: 'raw', file } });
}

test.after(() => {
  rmSync(ROOT, { recursive: true, force: true });
});

function pipe(rig: PlaneRig, number: number): number {
  const fd = rig.writeEnds[number];
  assert.ok(fd !== undefined);
  return fd;
}

/** Two services, the first with files. */
async function startTwo(more: Partial<LogFileSpec> = {}): Promise<PlaneRig> {
  const rig = await PlaneRig.start({ services: [withFiles('web', more), service('db')], pipes: 2 });
  rig.lend(0, 'web');
  rig.lend(1, 'db', 'stderr');
  return rig;
}

type Shown = { service: string; line: string; cursor: string; stream?: string; time?: string };

async function read(rig: PlaneRig, query: string): Promise<readonly Shown[]> {
  const { status, text } = await call(rig.socketPath, `/v1/logs?${query}`);
  assert.equal(status, 200, text);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Shown);
}

async function textsOf(rig: PlaneRig, query: string): Promise<readonly string[]> {
  return (await read(rig, query)).map(({ service: name, line }) => `${name}: ${line}`);
}

/** Until the last line is where readers find it. */
async function write(rig: PlaneRig, number: number, text: string): Promise<void> {
  writeSync(pipe(rig, number), text);
  await rig.outputWith(text.trimEnd().split('\n').at(-1) ?? '');
}

test('services merged by time, of files and of memory; by name, stream, pattern and time', async () => {
  await using rig = await startTwo();
  await write(rig, 0, 'web one\n');
  await write(rig, 1, 'db one\n');
  await write(rig, 0, 'web two\nweb three\n');
  const all = await read(rig, '');
  assert.deepEqual(
    all.map(({ line }) => line),
    ['web one', 'db one', 'web two', 'web three'],
  );
  assert.match(all[0]?.cursor ?? '', /^web:f1\.\d+$/);
  assert.match(all[1]?.cursor ?? '', /^db:m\d+\.7$/);
  assert.deepEqual(await textsOf(rig, 'services=web&lines=1'), ['web: web three']);
  assert.deepEqual(await textsOf(rig, 'lines=1'), ['db: db one', 'web: web three']);
  assert.deepEqual(await textsOf(rig, 'stream=stderr'), ['db: db one']);
  assert.deepEqual(await textsOf(rig, 'grep=o[%5Cs%5CS]e%24'), ['web: web one', 'db: db one']);
  assert.deepEqual(await textsOf(rig, 'grep=TWO&ignore_case=true'), ['web: web two']);
  assert.deepEqual(await textsOf(rig, `since=${new Date(Date.now() + 60_000).toISOString()}`), []);
  assert.equal((await textsOf(rig, 'since=10m')).length, 4);
  assert.deepEqual(await textsOf(rig, 'until=10m'), []);
  assert.deepEqual(await textsOf(rig, `after=${all[0]?.cursor}&services=web`), [
    'web: web two',
    'web: web three',
  ]);
});

test('what cannot be asked is refused with what is wrong', async () => {
  await using rig = await startTwo();
  for (const [query, says] of [
    ['grep=(a%2B)%2B', /may take for ever/],
    ['grep=(', /no regular expression/],
    ['follow=true&until=1m', /has no end/],
    ['since=yesterday', /is no time/],
    ['stream=both', /neither stdout nor stderr/],
    ['lines=many', /neither a whole number nor all/],
    ['after=nonsense', /cursor is none/],
  ] as const) {
    const { status, json } = await call(rig.socketPath, `/v1/logs?${query}`);
    assert.equal(status, 400, query);
    assert.match(String(json['detail']), says);
  }
  const { json } = await call(rig.socketPath, '/v1/logs?services=wep');
  assert.equal(json['suggestion'], 'web');
});

test('a pattern that takes too long ends that reader and nothing else', async () => {
  await using rig = await startTwo();
  await write(rig, 0, `${'a'.repeat(60_000)}\nend\n`);
  const path = `/v1/logs?services=web&grep=${encodeURIComponent('a*a*a*a*[bc]')}`;
  const { text } = await within('the answer', call(rig.socketPath, path));
  assert.deepEqual(JSON.parse(text), { gap: { service: 'web', lines: 2, reason: 'pattern-too-slow' } });
  assert.equal((await call(rig.socketPath, '/healthz')).status, 200);
});

test('server-sent events: an id for each line, and Last-Event-ID goes on behind it', async () => {
  await using rig = await startTwo();
  await write(rig, 0, 'one\ntwo\n');
  await write(rig, 1, 'db\n');
  const events = { accept: 'text/event-stream' };
  const first = await readUntil(
    await open(rig.socketPath, '/v1/logs?follow=true', { headers: events }),
    (text) => text.includes('"two"'),
  );
  const id = /id: (\S+)\ndata: [^\n]*"two"/.exec(first)?.[1] ?? '';
  assert.match(id, /^web:f1\.\d+$|,web:f1|^web:f1\.\d+,db/);
  await write(rig, 0, 'three\n');
  const headers = { ...events, 'last-event-id': id };
  const next = await readUntil(
    await open(rig.socketPath, '/v1/logs?follow=true', { headers }),
    (text) => text.includes('"three"') && text.includes('"db"'),
  );
  assert.doesNotMatch(next, /"one"|"two"/);
});

async function follow(
  logs: AsyncGenerator<StreamedLog, void, undefined>,
  enough: (line: string) => boolean,
  seen: string[] = [],
): Promise<readonly string[]> {
  for await (const streamed of logs) {
    seen.push(streamed.kind === 'line' ? streamed.line.line : `gap: ${streamed.gap.reason}`);
    if (enough(seen.at(-1) ?? '')) break;
  }
  return seen;
}

test('a follower sees each line once, over rotation and the death of the plane and of the logs', async () => {
  await using rig = await startTwo({ maxBytes: 3000 });
  const client = new BosunClient(rig.socketPath);
  const soFar: string[] = [];
  const logs = client.streamLogs({ services: ['web'], lines: 'all' });
  const seen = follow(logs, (line) => line === 'line 1999', soFar);
  seen.catch(() => undefined);
  for (let line = 0; line < 2000; line += 1) {
    writeSync(pipe(rig, 0), `line ${line}\n`);
    if (line === 500 || line === 1500) await rig.crashLogs();
    if (line === 1000) {
      await until('lines to be seen', () => soFar.length > 700);
      rig.crash();
      await rig.message('worker-exit');
      await rig.restartWorker();
    }
  }
  assert.deepEqual(
    await within('the last line', seen, 20_000),
    Array.from({ length: 2000 }, (_, line) => `line ${line}`),
  );
  assert.ok(readdirSync(join(ROOT, String(directories), 'web')).length > 10);
});

test('a follower of a service without files sees each line once over the death of the plane', async () => {
  await using rig = await startTwo();
  const client = new BosunClient(rig.socketPath);
  await write(rig, 1, 'line 0\n');
  const begun = Promise.withResolvers<undefined>();
  const seen = follow(client.streamLogs({ services: ['db'] }), (line) => {
    begun.resolve(undefined);
    return line === 'line 999';
  });
  seen.catch(() => undefined);
  await within('the first line', begun.promise);
  for (let line = 1; line < 1000; line += 1) {
    writeSync(pipe(rig, 1), `line ${line}\n`);
    if (line === 500) {
      rig.crash();
      await rig.message('worker-exit');
      await rig.restartWorker();
    }
  }
  assert.deepEqual(
    await within('the last line', seen, 20_000),
    Array.from({ length: 1000 }, (_, line) => `line ${line}`),
  );
});

test('a follower that waits is told of more by the logs that have taken over', async () => {
  await using rig = await startTwo();
  await write(rig, 0, 'before\n');
  const begun = Promise.withResolvers<undefined>();
  const client = new BosunClient(rig.socketPath);
  const seen = follow(client.streamLogs({ services: ['web'] }), (line) => {
    begun.resolve(undefined);
    return line === 'after';
  });
  seen.catch(() => undefined);
  await within('the first line', begun.promise);
  await rig.crashLogs();
  await write(rig, 0, 'after\n');
  assert.deepEqual(await within('the line after that', seen), ['before', 'after']);
});

test('what is not held any more is told', async () => {
  await using rig = await startTwo();
  await write(rig, 1, 'first\n');
  const [first] = await read(rig, 'services=db');
  for (let index = 0; index < 40; index += 1) await write(rig, 1, `${'z'.repeat(5000)}${index}\n`);
  const [gap, next] = await read(rig, `services=db&after=${first?.cursor}`);
  assert.deepEqual(gap, { gap: { service: 'db', lines: null, reason: 'not-held' } });
  assert.match(next?.line ?? '', /^z+\d+$/);
});

test('files that say no times: the memory is looked at, and the reader is told', async () => {
  await using rig = await startTwo({ format: 'raw' });
  await write(rig, 0, 'raw line\n');
  const [plain] = await read(rig, 'services=web');
  assert.deepEqual([plain?.line, plain?.time, plain?.stream], ['raw line', undefined, undefined]);
  const [gap, line] = await read(rig, 'services=web&stream=stdout');
  assert.deepEqual(gap, { gap: { service: 'web', lines: null, reason: 'not-told' } });
  assert.deepEqual([line?.line, line?.stream], ['raw line', 'stdout']);
});

test('a directory that nobody can write to: what is held in memory is shown', async () => {
  mkdirSync(ROOT, { recursive: true });
  writeFileSync(join(ROOT, 'a-file'), '');
  // ENOTDIR, and ENOENT for whoever looks and whoever makes it.
  for (const directory of [join(ROOT, 'a-file', 'web'), '/proc/bosun-is-not-there/web']) {
    await using rig = await startTwo({ directory });
    await write(rig, 0, 'still to be seen\n');
    assert.deepEqual(await textsOf(rig, 'services=web'), ['web: still to be seen']);
  }
});

test('a reader that takes nothing holds nothing up, and misses nothing when it goes on', async () => {
  await using rig = await startTwo();
  const stalled = await open(rig.socketPath, '/v1/logs?services=web&follow=true&lines=0', {
    headers: { accept: 'text/event-stream' },
  });
  // Where it begins has been told; nothing is taken from here on.
  await once(stalled, 'readable');
  const piece = `${'x'.repeat(999)}\n`.repeat(60);
  for (let index = 0; index < 60; index += 1) writeSync(pipe(rig, 0), piece);
  writeSync(pipe(rig, 0), 'the-end\n');
  await until('the last line', async () => {
    const [last] = await textsOf(rig, 'services=web&lines=1');
    return last === 'web: the-end';
  });
  const text = await readUntil(stalled, (all) => all.endsWith('\n\n') && all.slice(-500).includes('the-end'));
  assert.equal(text.match(/^data: /gm)?.length, 3601, 'it is read from the files when it goes on');
});
