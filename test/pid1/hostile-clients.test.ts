// A fuzzer on the control socket: random bytes, requests cut short, too large, slow, many in one piece, with absurd headers, and honest
// ones in between. The worker does not die, the engine's loop is not held up, and memory stays where it is.
// BOSUN_FUZZ_MS: for how long. BOSUN_FUZZ_SEED: the same choices again.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'node:test';
import { call } from '../plane/support/http.ts';
import { Container } from '../support/container.ts';
import { until, within } from '../support/deadline.ts';
import { BOSUN_WITH_LOOP_DELAY, IdleProcess, loopDelay } from '../support/loop-delay.ts';

const FUZZ_MS = Number(process.env['BOSUN_FUZZ_MS'] ?? 8000);
const SEED = Number(process.env['BOSUN_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const ATTACKERS = 24;
/** Of one attack; then the attacker hangs up. */
const PATIENCE_MS = 300;
const LOOP_DELAY_MS = 50;
const GROWTH_BYTES = 64 * 1_048_576;

type Random = {
  next(): number;
  below(limit: number): number;
  of<T>(list: readonly [T, ...T[]]): T;
  bytes(count: number): Buffer;
};

/** mulberry32. */
function random(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    of: (list) => list[below(list.length)] ?? list[0],
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => below(256))),
  };
}

const PATHS = [
  '/v1/services',
  '/v1/services/other',
  '/v1/services/other/logs?lines=5',
  '/v1/events?after=0&limit=50',
  '/v1/health',
  '/v1/version',
  '/v1/openapi.json',
  '/v1/plan',
  '/v1/jobs',
  '/healthz',
  '/v1/nothing',
  '/v1/services/%zz/start',
  '//v1//services',
  '/../../etc/passwd',
  'http://elsewhere/v1/services',
  '*',
  `/v1/services?${'a'.repeat(9000)}=1`,
  '/v1/events?after=999999999999999&type=a,b,c,,,',
] as const;
const HEADERS = [
  'Content-Length: 10',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Expect: 100-continue',
  'Expect: the-unexpected',
  'Connection: Upgrade\r\nUpgrade: websocket',
  'Connection: Upgrade\r\nUpgrade: bosun-exec',
  'Upgrade: h2c',
  'Idempotency-Key: same for everybody',
  'Idempotency-Key: fuzz',
  'Last-Event-ID: -5',
  'Accept: text/event-stream',
  'Content-Type: application/json; charset=utf-16',
  'Content-Type: application/json',
  'Content-Encoding: br',
  'Range: bytes=0-',
  'X-API-Key: bosun_wrong',
  'Origin: http://evil.example',
  'Host: two',
  ' folded: yes',
  'nul: \0',
  'no colon',
  ': empty',
  `long: ${'h'.repeat(17_000)}`,
  Array.from({ length: 150 }, (_, index) => `h${index}: x`).join('\r\n'),
] as const;
const BODIES = [
  '{}',
  '{"verb":"start","services":["other"]}',
  '{"verb":"signal","services":["other"],"signal":"WINCH"}',
  '{"verb":"start","services":["__proto__"]}',
  '{"__proto__":{"verb":"start"}}',
  '['.repeat(30_000),
  '"'.repeat(60_000),
  `{"verb":"start","services":[${'"other",'.repeat(2000)}"other"]}`,
  'x'.repeat(200_000),
  '\xff\xfe{}',
] as const;

function head(rng: Random): string {
  const method = rng.of([
    'GET',
    'GET',
    'POST',
    'HEAD',
    'OPTIONS',
    'DELETE',
    'CONNECT',
    'PRI',
    'get',
    'TRACE',
  ]);
  const version = rng.of(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', '']);
  const headers = Array.from({ length: rng.below(4) }, () => rng.of(HEADERS));
  return [`${method} ${rng.of(PATHS)} ${version}`, 'Host: x', ...headers, '', ''].join('\r\n');
}

function write(rng: Random): string {
  const body = rng.of(BODIES);
  const length = rng.of([Buffer.byteLength(body, 'latin1'), body.length + 100, 3]);
  const path = rng.of([
    '/v1/commands',
    '/v1/services/other/start',
    '/v1/services/other/signal',
    '/v1/jobs/1/stop',
  ]);
  const key = rng.of(['', '', `Idempotency-Key: ${rng.below(100)}\r\n`]);
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${key}Content-Length: ${length}\r\n\r\n${body}`;
}

function chunked(rng: Random): string {
  const chunk = rng.of([
    '5\r\n{"a":\r\n',
    'ffffffff\r\nx',
    '-1\r\n',
    'zz\r\n',
    '0\r\n\r\n',
    '3;ext=1\r\n{ }\r\n0\r\n\r\n',
  ]);
  return `POST /v1/commands HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`;
}

type Attack = (socket: Socket, rng: Random) => Promise<void> | void;

const ATTACKS: readonly [Attack, ...Attack[]] = [
  (socket, rng) => void socket.write(rng.bytes(1 + rng.below(4096))),
  (socket, rng) => void socket.write(head(rng), 'latin1'),
  (socket, rng) => void socket.write(write(rng), 'latin1'),
  (socket, rng) => void socket.write(chunked(rng), 'latin1'),
  // Cut short, at any byte.
  (socket, rng) => {
    const bytes = rng.of([head, write, chunked])(rng);
    socket.end(bytes.slice(0, rng.below(bytes.length)), 'latin1');
  },
  // Some bits wrong.
  (socket, rng) => {
    const bytes = Buffer.from(rng.of([head, write])(rng), 'latin1');
    for (let flips = 1 + rng.below(8); flips > 0; flips--) {
      const at = rng.below(bytes.length);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << rng.below(8)), at);
    }
    socket.write(bytes);
  },
  // Many in one piece.
  (socket, rng) => {
    const one = `GET ${rng.of(['/healthz', '/v1/services', '/v1/events?limit=10'])} HTTP/1.1\r\nHost: x\r\n\r\n`;
    socket.write(one.repeat(1 + rng.below(60)));
  },
  // Slowly.
  async (socket, rng) => {
    const bytes = head(rng).slice(0, 40);
    for (const byte of bytes) {
      if (socket.destroyed) return;
      socket.write(byte, 'latin1');
      await pause(5);
    }
  },
  // Streams that nobody reads.
  (socket) => {
    socket.pause();
    socket.write('GET /v1/events?after=0 HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n');
  },
];

/** One attack on a connection of its own. What comes back is looked at: an answer is HTTP, whatever was asked. */
async function attack(socketPath: string, rng: Random): Promise<void> {
  const socket = connect(socketPath);
  let first = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    if (first.length < 12) first += chunk.toString('latin1', 0, 12 - first.length);
  });
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
  await rng.of(ATTACKS)(socket, rng);
  await Promise.race([closed, pause(rng.below(PATIENCE_MS))]);
  if (rng.below(2) === 0) socket.end();
  else socket.destroy();
  socket.destroy();
  await closed;
  if (first.length >= 12) assert.match(first, /^HTTP\/1\.1 [1-5]\d\d/, `seed ${SEED}`);
}

async function fuzz(socketPath: string, forMs: number, rng: Random): Promise<number> {
  const endMs = performance.now() + forMs;
  let attacks = 0;
  const attacker = async (own: Random): Promise<void> => {
    for (; performance.now() < endMs; attacks++) await attack(socketPath, own);
  };
  await Promise.all(Array.from({ length: ATTACKERS }, () => attacker(random(rng.below(2 ** 31)))));
  return attacks;
}

/** Honest requests all the time; the longest that one took. */
async function honest(socketPath: string, forMs: number): Promise<{ count: number; slowestMs: number }> {
  const endMs = performance.now() + forMs;
  let count = 0;
  let slowestMs = 0;
  for (; performance.now() < endMs; count++) {
    const beganMs = performance.now();
    const answer = await within('an honest answer', call(socketPath, '/v1/services/other'));
    assert.equal(answer.status, 200, answer.text);
    slowestMs = Math.max(slowestMs, performance.now() - beganMs);
  }
  return { count, slowestMs };
}

function residentBytes(pid: number): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

test('whatever comes in, nothing dies, waits or grows', { timeout: 60_000 + 3 * FUZZ_MS }, async (t) => {
  t.diagnostic(`BOSUN_FUZZ_SEED=${SEED}`);
  await using container = new Container({
    place: 'below',
    program: BOSUN_WITH_LOOP_DELAY,
    services: { other: 'command: [sleep, "100000"]\n' },
  });
  const { socket } = container;
  await until('an answer', async () => {
    const answer = await call(socket, '/v1/services/other').catch(() => undefined);
    return answer?.json['state'] === 'running';
  });
  const pid = await container.pid();
  const rng = random(SEED);
  // What is loaded with the first request of its kind, and room that is kept, is there after this.
  await fuzz(socket, FUZZ_MS / 2, rng);
  const before = { bytes: residentBytes(pid), files: readdirSync(`/proc/${pid}/fd`).length };
  await loopDelay(container);
  using idle = new IdleProcess();
  const [attacks, answers] = await Promise.all([fuzz(socket, FUZZ_MS, rng), honest(socket, FUZZ_MS)]);
  const delay = await loopDelay(container);
  const idleMs = await idle.end();
  const grown = residentBytes(pid) - before.bytes;
  t.diagnostic(
    `${attacks} attacks and ${answers.count} honest requests (slowest ${Math.round(answers.slowestMs)} ms) in ` +
      `${FUZZ_MS} ms; the engine's loop: longest delay ${delay.maxMs.toFixed(1)} ms, p99 ${delay.p99Ms.toFixed(1)} ms ` +
      `(an idle process meanwhile: ${idleMs.toFixed(1)} ms); resident memory ${Math.round(before.bytes / 2 ** 20)} MiB ` +
      `and ${Math.round(grown / 2 ** 20)} MiB more after it`,
  );
  assert.ok(attacks > 50 && answers.count > 10);
  assert.ok(delay.samples > 100);
  // Where the machine holds up everybody, it holds up Bosun, and not both for equally long.
  assert.ok(delay.p99Ms < LOOP_DELAY_MS, `${delay.p99Ms} ms`);
  assert.ok(delay.maxMs < LOOP_DELAY_MS + 2 * idleMs, `${delay.maxMs} ms, an idle process ${idleMs} ms`);
  assert.ok(grown < GROWTH_BYTES, `${grown} bytes`);
  await until(
    'the connections to be closed',
    () => readdirSync(`/proc/${pid}/fd`).length <= before.files + 8,
    20_000,
  );
  const { events } = (await call(socket, '/v1/events?type=plane-failed,plane-restarted')).json as {
    events: object[];
  };
  assert.deepEqual(events, []);
  assert.equal((await call(socket, '/v1/services/other')).json['starts'], 1);
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
});
