// What a request may be: too much, too deep, of the wrong kind or cut short, each is refused with a problem document and a code, and the
// next request is served.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { createProblem, PROBLEMS, type ProblemCode } from '../../supervisor/wire/problem.ts';
import { OpenStreams } from '../../supervisor/plane/api/open-streams.ts';
import { comesUp, name, service } from './support/fleet-fixture.ts';
import { call, open, readUntil } from './support/http.ts';
import { PlaneRig } from './support/plane-rig.ts';
import { until } from '../support/deadline.ts';

let rig: PlaneRig;

before(async () => {
  rig = await PlaneRig.start({
    services: [service('consul'), service('caddy')],
    history: comesUp('caddy', 1),
    engine: (command) => ({ kind: 'accepted', services: 'services' in command ? command.services : [] }),
  });
});
after(async () => {
  await rig[Symbol.asyncDispose]();
});

/** What came until the connection ended; `half`: nothing more will be sent, and that is said. */
async function raw(bytes: string, end: 'half' | 'open' = 'half'): Promise<string> {
  const socket = connect(rig.socketPath);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', () => undefined);
  if (end === 'half') socket.end(bytes, 'latin1');
  else socket.write(bytes, 'latin1');
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

const BODY = '{"verb":"start","services":["caddy"]}';
const POST = 'POST /v1/commands HTTP/1.1\r\nHost: x\r\n';
const TYPED = `${POST}Content-Type: application/json\r\n`;

function sized(body: string, headers = TYPED): string {
  return `${headers}Content-Length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`;
}

const REFUSED: readonly (readonly [string, string, ProblemCode])[] = [
  ['bytes that are no HTTP', '\x16\x03\x01\x00garbage\r\n\r\n', 'bad-request'],
  ['no Host', 'GET /v1/services HTTP/1.1\r\n\r\n', 'bad-request'],
  ['a Host that is none', 'GET /v1/services HTTP/1.1\r\nHost: a/b c\r\n\r\n', 'bad-request'],
  ['headers of 20 KiB', `GET / HTTP/1.1\r\nHost: x\r\na: ${'h'.repeat(20_000)}\r\n\r\n`, 'headers-too-large'],
  ['101 headers', `GET / HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(100)}\r\n`, 'headers-too-large'],
  ['a long path', `GET /v1/${'x'.repeat(8200)} HTTP/1.1\r\nHost: x\r\n\r\n`, 'uri-too-long'],
  ['two lengths', `${TYPED}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`, 'bad-request'],
  [
    'a length and chunks',
    `${TYPED}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'bad-request',
  ],
  ['a length of a gigabyte', `${TYPED}Content-Length: 1073741824\r\n\r\n{`, 'body-too-large'],
  ['a body without its type', sized(BODY, POST), 'unsupported-media-type'],
  [
    'a form',
    sized(BODY, `${POST}Content-Type: application/x-www-form-urlencoded\r\n`),
    'unsupported-media-type',
  ],
  [
    'another charset',
    sized(BODY, `${POST}Content-Type: application/json; charset=utf-16\r\n`),
    'unsupported-media-type',
  ],
  ['a compressed body', sized(BODY, `${TYPED}Content-Encoding: gzip\r\n`), 'unsupported-media-type'],
  ['no UTF-8', sized('{"verb":"\xff"}'), 'bad-request'],
  ['33 levels', sized('['.repeat(33) + ']'.repeat(33)), 'bad-request'],
  ['30,000 levels', sized('['.repeat(30_000)), 'bad-request'],
  ['a body of a read', 'GET /v1/services HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}', 'bad-request'],
  ['a key of the query twice', 'GET /v1/events?after=1&after=2 HTTP/1.1\r\nHost: x\r\n\r\n', 'bad-request'],
  ['an unknown key', 'GET /v1/services?x=1 HTTP/1.1\r\nHost: x\r\n\r\n', 'bad-request'],
  ['a cursor that is none', 'GET /v1/services?at_least=-1 HTTP/1.1\r\nHost: x\r\n\r\n', 'bad-request'],
];

for (const [what, bytes, code] of REFUSED) {
  test(`${what}: ${code}`, async () => {
    const [head = '', body = ''] = (await raw(bytes)).split('\r\n\r\n');
    assert.match(head, new RegExp(`^HTTP/1\\.1 ${PROBLEMS[code].status} `), `${head}\n${body}`);
    assert.match(head, /^content-type: application\/problem\+json/im);
    const json = /\{.*\}/s.exec(body)?.[0] ?? '';
    const problem = JSON.parse(json) as ReturnType<typeof createProblem>;
    assert.deepEqual(
      problem,
      createProblem(code, problem.detail, problem.errors && { errors: problem.errors }),
    );
    assert.equal((await call(rig.socketPath, '/healthz')).status, 200);
  });
}

test('what is taken: 32 levels, a charset of UTF-8, a path of 8 KiB, 100 headers', async () => {
  const closing = 'Connection: close\r\n';
  const deep = await raw(sized('['.repeat(32) + ']'.repeat(32), `${TYPED}${closing}`), 'open');
  assert.match(deep, /^HTTP\/1\.1 400 [^]*The body is not what this route takes/);
  const typed = `${POST}${closing}Content-Type: application/json;charset="UTF-8"\r\n`;
  assert.match(await raw(sized(BODY, typed), 'open'), /^HTTP\/1\.1 202 /);
  const path = `/v1/services/${'x'.repeat(8000)}`;
  const many = `GET ${path} HTTP/1.1\r\nHost: x\r\n${closing}${'a: b\r\n'.repeat(98)}\r\n`;
  assert.match(await raw(many, 'open'), /^HTTP\/1\.1 404 [^]*service-not-found/);
});

test('too deep is told from wrong, and is not looked at', async () => {
  for (const depth of [33, 30_000]) {
    const answer = await call(rig.socketPath, '/v1/commands', { method: 'POST', body: '['.repeat(depth) });
    assert.equal(answer.json['detail'], 'The body is nested too deep.');
  }
});

test('HEAD is GET without the body, also of a stream; OPTIONS says what there is', async () => {
  const head = await call(rig.socketPath, '/v1/services', { method: 'HEAD' });
  assert.deepEqual([head.status, head.text, head.headers['content-type']], [200, '', 'application/json']);
  const headers = { accept: 'text/event-stream' };
  const stream = await call(rig.socketPath, '/v1/events', { method: 'HEAD', headers });
  assert.deepEqual(
    [stream.status, stream.text, stream.headers['content-type']],
    [200, '', 'text/event-stream'],
  );
  // It is over at the server too: the next request on the connection has its answer.
  const lines = 'HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n';
  const two = await raw(`HEAD /v1/events ${lines}\r\nGET /healthz ${lines}Connection: close\r\n\r\n`, 'open');
  assert.match(two, /ok\n$/);
  const options = await call(rig.socketPath, '/v1/keys', { method: 'OPTIONS' });
  assert.deepEqual([options.status, options.headers.allow], [204, 'GET, POST, HEAD, OPTIONS']);
});

test('a read sees what its `at_least` names, or says what is missing', async () => {
  const { last_event_id: last } = (await call(rig.socketPath, '/v1/services')).json as {
    last_event_id: number;
  };
  const waiting = call(rig.socketPath, `/v1/services/caddy?at_least=${last + 1}&wait=10s`);
  const late = await call(rig.socketPath, `/v1/services/caddy?at_least=${last + 1}&wait=20ms`);
  assert.deepEqual([late.status, late.json['code']], [504, 'view-behind']);
  assert.match(String(late.json['detail']), new RegExp(`newest event is ${last}, not yet ${last + 1}`));
  rig.emit([{ type: 'wanted', service: name('caddy'), wanted: 'down' }]);
  const seen = await waiting;
  assert.deepEqual([seen.status, seen.json['wanted']], [200, 'down']);
  const write = await call(rig.socketPath, '/v1/services/caddy/stop', { method: 'POST' });
  assert.equal(write.json['last_event_id'], last + 1);
});

test('events by actor, by command and by page', async () => {
  const { last_event_id: last } = (await call(rig.socketPath, '/v1/services')).json as {
    last_event_id: number;
  };
  const down = { type: 'wanted', service: name('caddy'), wanted: 'down' } as const;
  rig.emit([down, down], 'one', 'cert:alice');
  rig.emit([down], 'two', 'cert:bob');
  const ask = async (query: string): Promise<{ ids: readonly number[]; next: unknown }> => {
    const { json } = await call(rig.socketPath, `/v1/events?at_least=${last + 3}&after=${last}&${query}`);
    return { ids: (json['events'] as { id: number }[]).map(({ id }) => id), next: json['next_after'] };
  };
  assert.deepEqual(await ask('actor=cert:alice'), { ids: [last + 1, last + 2], next: last + 3 });
  assert.deepEqual(await ask('command=two'), { ids: [last + 3], next: last + 3 });
  assert.deepEqual(await ask('actor=cert:alice,cert:bob&limit=2'), {
    ids: [last + 1, last + 2],
    next: last + 2,
  });
  assert.deepEqual(await ask('job=7'), { ids: [], next: last + 3 });
  const headers = { accept: 'text/html, text/event-stream;q=0.9', 'last-event-id': String(last) };
  const stream = await open(rig.socketPath, '/v1/events?actor=cert:bob', { headers });
  const text = await readUntil(stream, (all) => all.includes('cert:bob'));
  assert.doesNotMatch(text, /cert:alice/);
  const list = await call(rig.socketPath, '/v1/events', { headers: { accept: 'text/event-stream;q=0' } });
  assert.equal(list.headers['content-type'], 'application/json');
});

test('a sign of life goes to those that are quiet, and nothing ticks while nobody streams', async () => {
  const timersNow = (): number =>
    process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const idle = timersNow();
  const streams = new OpenStreams(5);
  const beats: string[] = [];
  const stream = (
    label: string,
    backlogBytes: number,
    cut: () => void,
  ): Parameters<OpenStreams['add']>[0] => ({
    backlogBytes,
    beat: () => beats.push(label),
    cut,
  });
  const [one, two] = [stream('one', 0, () => undefined), stream('two', 0, () => undefined)];
  streams.add(one);
  streams.add(two);
  await until('beats', () => beats.includes('one') && beats.includes('two'));
  streams.remove(one);
  streams.remove(two);
  await until('the timer to be gone', () => timersNow() <= idle);
});

test('all of them together hold no more than the bound: the slowest is cut off', (t) => {
  const streams = new OpenStreams();
  const cut: string[] = [];
  for (const [label, mebibytes] of [
    ['quick', 0],
    ['slow', 30],
    ['slowest', 40],
  ] as const) {
    const stream = {
      backlogBytes: mebibytes * 2 ** 20,
      beat: (): void => undefined,
      cut: (): void => void cut.push(label),
    };
    streams.add(stream);
    t.after(() => {
      streams.remove(stream);
    });
  }
  streams.grown(30 * 2 ** 20);
  assert.deepEqual(cut, []);
  streams.grown(40 * 2 ** 20);
  assert.deepEqual(cut, ['slowest']);
});

const LOADED = `
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ resolve(specifier, context, next) { loaded.push(specifier); return next(specifier, context); } });
  await import(process.argv[1]);
  console.log(JSON.stringify(loaded));
`;

test('a control plane that nobody asks anything of loads neither zod nor what is there for keys', async () => {
  const plane = new URL('../../supervisor/plane/control-plane.ts', import.meta.url).href;
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', LOADED, plane];
  const { stdout } = await promisify(execFile)(process.execPath, argv);
  const loaded = JSON.parse(stdout) as string[];
  assert.ok(loaded.some((specifier) => specifier.endsWith('/routes.ts')));
  assert.deepEqual(
    loaded.filter((specifier) => /^zod|requests\.ts|openapi\.ts|openapi-views|answer-keeper/.test(specifier)),
    [],
  );
});
