// 500 readers of events at once, who join at random times, want different things, and some of whom do not keep up: each gets every
// event that it wants, once and in order, over its own breaks.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { call } from '../plane/support/http.ts';
import { Container } from '../support/container.ts';
import { until } from '../support/deadline.ts';

const READERS = 500;
const SERVICES = 20;
const COMMANDS = 100;
/** Of them so many let go of the connection now and then, and come back with their last id. */
const FICKLE = 50;
const LIMIT_MS = 120_000;

type Heard = { readonly id: number; readonly type: string; readonly service: string };
type Wish = { readonly query: string; readonly wants: (event: Heard) => boolean };

const NAMES = Array.from({ length: SERVICES }, (_, number) => `s${number}`);

function wishOf(number: number): Wish {
  const own = NAMES[number % SERVICES] ?? '';
  switch (number % 4) {
    case 0:
      return { query: '', wants: () => true };
    case 1:
      return { query: `&service=${own}`, wants: ({ service }) => service === own };
    case 2:
      return { query: '&type=signalled', wants: ({ type }) => type === 'signalled' };
    default:
      return {
        query: `&type=signalled&service=${own}`,
        wants: ({ type, service }) => type === 'signalled' && service === own,
      };
  }
}

class Reader {
  readonly ids: number[] = [];
  readonly wish: Wish;
  connections = 0;
  /** The last id that it has seen, of an event or of the cursor alone. */
  cursor = 0;
  readonly #socket: string;
  readonly #number: number;
  #incoming: IncomingMessage | undefined;
  #over = false;

  constructor(socket: string, number: number) {
    this.#socket = socket;
    this.#number = number;
    this.wish = wishOf(number);
  }

  async connect(): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const headers = { accept: 'text/event-stream', 'last-event-id': String(this.cursor) };
    const path = `/v1/events?after=0${this.wish.query}`;
    const outgoing = request({ socketPath: this.#socket, path, headers, agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      this.connections += 1;
      this.#incoming = incoming;
      if (incoming.statusCode === 200) this.#read(incoming);
      else incoming.resume();
      resolve(incoming.statusCode ?? 0);
    });
    outgoing.end();
    return promise;
  }

  end(): void {
    this.#over = true;
    this.#incoming?.destroy();
  }

  #read(incoming: IncomingMessage): void {
    let rest = '';
    incoming.setEncoding('utf8');
    incoming.on('error', () => undefined);
    incoming.on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) this.#take(part);
    });
    incoming.on('close', () => {
      if (!this.#over) void this.connect().catch(() => undefined);
    });
  }

  #take(part: string): void {
    const id = Number(/^id: (\d+)$/m.exec(part)?.[1] ?? NaN);
    if (Number.isNaN(id)) return;
    this.cursor = id;
    if (!part.includes('\ndata: ')) return;
    this.ids.push(id);
    if (this.#number < FICKLE && this.ids.length % 97 === 0) this.#incoming?.destroy();
  }
}

function residentMiB(pid: number): number {
  return Math.round(
    Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
  );
}

test('500 readers: each gets what it wants, once and in order', { timeout: LIMIT_MS }, async (t) => {
  await using container = new Container({
    place: 'below',
    services: Object.fromEntries(NAMES.map((name) => [name, 'command: [sleep, "100000"]\n'])),
  });
  const { socket } = container;
  await until('all to run', async () => {
    const health = await call(socket, '/v1/health').catch(() => undefined);
    return health?.status === 200;
  });
  const pid = await container.pid();
  const beforeMiB = residentMiB(pid);
  const readers = Array.from({ length: READERS }, (_, number) => new Reader(socket, number));
  // Half are there before, the others join while events come.
  for (const reader of readers.slice(0, READERS / 2)) assert.equal(await reader.connect(), 200);
  const joining = readers.slice(READERS / 2);
  const body = JSON.stringify({ verb: 'signal', services: NAMES, signal: 'WINCH' });
  const beganMs = performance.now();
  for (let count = 0; count < COMMANDS; count++) {
    const answer = await call(socket, '/v1/commands', { method: 'POST', body });
    assert.equal(answer.status, 202, answer.text);
    for (const reader of joining.splice(0, Math.ceil(READERS / 2 / COMMANDS)))
      assert.equal(await reader.connect(), 200);
  }
  const sentMs = performance.now();
  assert.deepEqual(joining, []);
  const all = await call(socket, '/v1/events?limit=10000');
  const events = all.json['events'] as Heard[];
  const expected = readers.map(({ wish }) => events.filter(wish.wants).map(({ id }) => id));
  await until(
    'every reader to have everything',
    () => readers.every(({ ids }, number) => ids.length >= (expected[number]?.length ?? 0)),
    30_000,
  );
  const heardMs = performance.now();
  for (const [number, { ids }] of readers.entries())
    assert.deepEqual(ids, expected[number], `reader ${number} of ${readers[number]?.wish.query}`);
  const deliveries = expected.reduce((sum, ids) => sum + ids.length, 0);
  t.diagnostic(
    `${events.length} events, ${deliveries} deliveries to ${READERS} readers in ${Math.round(heardMs - beganMs)} ms, ` +
      `the last ${Math.round(heardMs - sentMs)} ms after the last command; resident memory ${beforeMiB} MiB before and ` +
      `${residentMiB(pid)} MiB with all of them; ${readers.reduce((sum, reader) => sum + reader.connections, 0)} connections`,
  );
  // One more is told so, and can do without: lists and commands have room.
  await until('the fickle to be back', async () => {
    const answer = await call(socket, '/v1/events?after=999999999', {
      headers: { accept: 'text/event-stream' },
    }).catch(() => undefined);
    return answer?.json['code'] === 'too-many-streams' && answer.status === 503;
  });
  assert.equal((await call(socket, '/v1/events?limit=1')).status, 200);
  for (const reader of readers) reader.end();
  await until('room for another', async () => {
    const reader = new Reader(socket, 0);
    const status = await reader.connect();
    reader.end();
    return status === 200;
  });
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
});
