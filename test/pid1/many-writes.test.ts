// 10,000 writes by 20 clients that lose answers, send twice and come back, while the control plane dies in the middle of it: one
// effect for each Idempotency-Key, and each client sees what it has written.
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { test } from 'node:test';
import { call, open } from '../plane/support/http.ts';
import { Container } from '../support/container.ts';
import { until } from '../support/deadline.ts';

const CLIENTS = 20;
const WRITES_OF_EACH = 500;
/** Every so many of a client's writes one is a restart, the others signals. */
const RESTART_EVERY = 50;
const LIMIT_MS = 180_000;

type Answer = { readonly status: number; readonly json: Record<string, unknown>; readonly replayed: boolean };
type Written = { readonly key: string; readonly command: string };

/** xorshift32: the same choices each time. */
function choices(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

class Client {
  readonly written: Written[] = [];
  restarts = 0;
  sent = 0;
  retries = 0;
  replayed = 0;
  readonly service: string;
  readonly #socket: string;
  readonly #random: () => number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  constructor(socket: string, number: number) {
    this.#socket = socket;
    this.service = `s${number}`;
    this.#random = choices(number + 1);
  }

  async work(): Promise<void> {
    for (let index = 0; index < WRITES_OF_EACH; index++) {
      const key = `${this.service}-${index}`;
      if (index % RESTART_EVERY === RESTART_EVERY - 1) await this.#restart(key);
      else await this.#signal(key);
    }
    this.#agent.destroy();
  }

  async #signal(key: string): Promise<void> {
    const answer = await this.#writeSomehow(`/v1/services/${this.service}/signal`, key, '{"signal":"WINCH"}');
    assert.equal(answer.status, 202, JSON.stringify(answer.json));
    const { command, last_event_id: last } = answer.json as { command: string; last_event_id: number };
    this.written.push({ key, command });
    // Its own write, read: one event, of this command.
    const after = Math.max(0, last - 1000);
    const path = `/v1/events?after=${after}&at_least=${last}&type=signalled&command=${command}`;
    const read = await this.#send('GET', path);
    assert.equal(read.status, 200, JSON.stringify(read.json));
    assert.equal((read.json['events'] as unknown[]).length, 1, `${key}: ${JSON.stringify(read.json)}`);
  }

  async #restart(key: string): Promise<void> {
    const path = `/v1/services/${this.service}/restart?wait=60s`;
    const answer = await this.#writeSomehow(path, key, undefined);
    assert.equal(answer.status, 200, JSON.stringify(answer.json));
    this.restarts += 1;
    const { last_event_id: last } = answer.json as { last_event_id: number };
    const read = await this.#send('GET', `/v1/services/${this.service}?at_least=${last}`);
    assert.deepEqual([read.json['state'], read.json['starts']], ['running', 1 + this.restarts], key);
  }

  /** Once, or twice at the same time, or again afterwards, or with the first answer lost. */
  async #writeSomehow(path: string, key: string, body: string | undefined): Promise<Answer> {
    const how = this.#random();
    if (how < 0.1) {
      const both = await Promise.all([
        this.#send('POST', path, key, body),
        this.#send('POST', path, key, body),
      ]);
      assert.equal(both[0].json['command'], both[1].json['command'], key);
      return both[0];
    }
    if (how < 0.2) await this.#sendAndHangUp(path, key, body);
    const answer = await this.#send('POST', path, key, body);
    if (how >= 0.3) return answer;
    const again = await this.#send('POST', path, key, body);
    assert.equal(again.json['command'], answer.json['command'], key);
    assert.ok(again.replayed, key);
    return again;
  }

  /** Until there is an answer: the control plane may be away, and its failures are not answers. */
  async #send(method: 'GET' | 'POST', path: string, key?: string, body?: string): Promise<Answer> {
    return until(
      `an answer to ${method} ${path}`,
      async () => {
        const answer = await this.#try(method, path, key, body).catch(() => undefined);
        if (answer === undefined || answer.status >= 500) this.retries += 1;
        else return answer;
        return undefined;
      },
      60_000,
    );
  }

  async #try(method: string, path: string, key?: string, body?: string): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const outgoing = this.#request(method, path, key, body);
    if (method === 'POST') this.sent += 1;
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('error', reject);
      incoming.on('data', (chunk: string) => (text += chunk));
      incoming.on('end', () => {
        const replayed = incoming.headers['idempotent-replayed'] === 'true';
        if (replayed) this.replayed += 1;
        try {
          const json = JSON.parse(text) as Record<string, unknown>;
          resolve({ status: incoming.statusCode ?? 0, json, replayed });
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      incoming.on('close', () => {
        reject(new Error('cut off'));
      });
    });
    outgoing.end(body);
    return promise;
  }

  /** Whatever became of it, the answer is not heard. */
  async #sendAndHangUp(path: string, key: string, body: string | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const outgoing = this.#request('POST', path, key, body);
    this.sent += 1;
    outgoing.on('error', () => undefined);
    outgoing.on('close', () => {
      resolve(undefined);
    });
    outgoing.end(body, () => outgoing.destroy());
    await promise;
  }

  #request(method: string, path: string, key?: string, body?: string): ReturnType<typeof request> {
    const headers = {
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    return request({ socketPath: this.#socket, agent: this.#agent, method, path, headers });
  }
}

/** Follows the events over the deaths of the control plane, and counts those of each command. */
class Auditor {
  readonly signalsOf = new Map<string, number>();
  lastId = 0;
  gaps = 0;
  readonly #socket: string;
  #over = false;

  constructor(socket: string) {
    this.#socket = socket;
  }

  async follow(): Promise<void> {
    while (!this.#over) await this.#read().catch(() => undefined);
  }

  end(): void {
    this.#over = true;
  }

  async #read(): Promise<void> {
    const headers = { accept: 'text/event-stream', 'last-event-id': String(this.lastId) };
    const incoming = await open(this.#socket, '/v1/events', { headers });
    incoming.setEncoding('utf8');
    let rest = '';
    for await (const chunk of incoming) {
      const parts = (rest + (chunk as string)).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) this.#take(part);
      if (this.#over) return;
    }
  }

  #take(part: string): void {
    const data = /^data: (.*)$/m.exec(part)?.[1];
    if (part.startsWith('event: gap')) this.gaps += 1;
    if (data === undefined || part.startsWith('event: gap')) return;
    const { id, type, command } = JSON.parse(data) as { id: number; type: string; command: string };
    if (id <= this.lastId) return;
    if (id !== this.lastId + 1) this.gaps += 1;
    this.lastId = id;
    if (type === 'signalled') this.signalsOf.set(command, (this.signalsOf.get(command) ?? 0) + 1);
  }
}

test('one effect for each key, and each client reads its own writes', { timeout: LIMIT_MS }, async (t) => {
  const names = Array.from({ length: CLIENTS }, (_, number) => `s${number}`);
  await using container = new Container({
    place: 'below',
    services: Object.fromEntries(names.map((name) => [name, 'command: [sleep, "100000"]\n'])),
    environment: { BOSUN_FAULT_INJECTION: 'plane' },
  });
  const { socket } = container;
  await until('all to run', async () => {
    const health = await call(socket, '/v1/health').catch(() => undefined);
    return health?.status === 200;
  });
  const auditor = new Auditor(socket);
  const following = auditor.follow();
  const clients = names.map((_name, number) => new Client(socket, number));
  const beganMs = performance.now();
  const work = Promise.all(clients.map((client) => client.work()));
  const done = (): number => clients.reduce((sum, { written }) => sum + written.length, 0);
  for (const share of [0.25, 0.5, 0.75]) {
    await until(`${share} of the work`, () => done() > share * CLIENTS * WRITES_OF_EACH * 0.98, LIMIT_MS);
    await container.signal('SIGUSR2');
  }
  await work;
  const tookMs = performance.now() - beganMs;

  const { last_event_id: last } = (await call(socket, '/v1/services')).json as { last_event_id: number };
  await until('all events to be heard', () => auditor.lastId >= last, 30_000);
  auditor.end();
  const services = (await call(socket, '/v1/services')).json['services'] as {
    name: string;
    starts: number;
  }[];
  await container.signal('SIGTERM');
  await container.end();
  await following;

  const sum = (of: (client: Client) => number): number => clients.reduce((all, each) => all + of(each), 0);
  t.diagnostic(
    `${sum(({ sent }) => sent)} writes of ${CLIENTS * WRITES_OF_EACH} keys in ${Math.round(tookMs)} ms, with a read ` +
      `after each; ${sum(({ replayed }) => replayed)} were replayed, ${sum(({ retries }) => retries)} tries failed; ` +
      `the control plane died 3 times; ${last} events`,
  );
  assert.equal(auditor.gaps, 0);
  const commands = clients.flatMap(({ written }) => written.map(({ command }) => command));
  assert.equal(new Set(commands).size, commands.length);
  assert.equal(commands.length + sum(({ restarts }) => restarts), CLIENTS * WRITES_OF_EACH);
  assert.deepEqual([...auditor.signalsOf.keys()].toSorted(), commands.toSorted());
  assert.deepEqual(
    [...auditor.signalsOf].filter(([, count]) => count !== 1),
    [],
  );
  for (const { service, restarts } of clients)
    assert.equal(services.find(({ name }) => name === service)?.starts, 1 + restarts, service);
});
