// What a reader of the stream is told: everything at the beginning, then what differs from what it has been told, however slow it reads.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ApplicationStream } from '../../../supervisor/plane/api/application-stream.ts';
import { until } from '../../support/deadline.ts';
import { ChannelRig, Pki } from './support/channel-rig.ts';

let pki: Pki;
before(async () => {
  pki = await Pki.make();
});
after(() => {
  pki[Symbol.dispose]();
});

class Served implements AsyncDisposable {
  readonly rig: ChannelRig;
  readonly #server: Server;

  static async start(): Promise<Served> {
    const served = new Served(await ChannelRig.start(pki));
    // Its buffers are small.
    served.#server.listen(served.#path);
    await once(served.#server, 'listening');
    return served;
  }

  private constructor(rig: ChannelRig) {
    this.rig = rig;
    this.#server = createServer((_request, response) => {
      new ApplicationStream(response, 'backend', rig.watch).begin();
    });
  }

  get #path(): string {
    return join(this.rig.directory, 'stream.sock');
  }

  async read(): Promise<IncomingMessage> {
    return await new Promise((resolve, reject) => {
      request({ socketPath: this.#path }, resolve).on('error', reject).end();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await this.rig[Symbol.asyncDispose]();
  }
}

type Told = { readonly event: string; readonly id: string; readonly data: Record<string, unknown> };

/** Collects what comes. */
function collect(incoming: IncomingMessage): readonly Told[] {
  const told: Told[] = [];
  let text = '';
  incoming.setEncoding('utf8');
  incoming.on('error', () => undefined);
  incoming.on('data', (chunk: string) => {
    text += chunk;
    const whole = text.split('\n\n');
    text = whole.pop() ?? '';
    for (const block of whole) if (!block.startsWith(':')) told.push(parseBlock(block));
  });
  return told;
}

function parseBlock(block: string): Told {
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
  return {
    event: field('event'),
    id: field('id'),
    data: JSON.parse(field('data')) as Record<string, unknown>,
  };
}

function names(told: readonly Told[]): readonly string[] {
  return told.map(({ event, id }) => `${event} ${id}`.trim());
}

test('all settings, each change, an absence with its reason, the return, and a revision that goes back', async () => {
  await using served = await Served.start();
  const { rig } = served;
  const told = collect(await served.read());
  await until('the settings', () => told.length === 1);
  rig.application.change({ 'pool.size': 5, 'db.password': 'hunter2-hunter2' });
  await until('the change', () => told.length === 2);
  await rig.application.goAway();
  await until('the absence', () => told.length === 3);
  await rig.application.listen();
  await until('the return', () => told.length === 4);
  await until('a request that waits', () => rig.application.seen.at(-1)?.url.includes('wait='));
  rig.application.reset(1, { 'pool.size': 1 });
  rig.application.dropConnections();
  await until('the new beginning', () => told.length === 5);
  assert.deepEqual(names(told), ['values 1', 'change 2', 'away', 'back', 'reset 1']);
  assert.deepEqual(told[1]?.data, {
    service: 'backend',
    revision: 2,
    changes: [
      { key: 'db.password', new: '***' },
      { key: 'pool.size', old: 4, new: 5 },
    ],
  });
  assert.deepEqual([told[2]?.data['service'], told[2]?.data['code']], ['backend', 'application-unreachable']);
  assert.deepEqual(told[4]?.data['values'], { 'pool.size': 1 });
});

test('one that is away from the beginning is told so, and its settings come when it is there', async () => {
  await using served = await Served.start();
  await served.rig.application.goAway();
  const told = collect(await served.read());
  await until('the absence', () => told.length === 1);
  await served.rig.application.listen();
  await until('the settings', () => told.length === 3);
  assert.deepEqual(names(told), ['away', 'back', 'values 1']);
});

test('a reader that does not read costs no more than what there is, and gets what differs when it does', async () => {
  await using served = await Served.start();
  const { application } = served.rig;
  const long = 'x'.repeat(60_000);
  application.values = Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`text.${n}`, `${n}${long}`]));
  const slow = await served.read();
  const other = collect(await served.read());
  await until('the settings', () => other.length === 1);
  for (let n = 0; n < 20; n += 1) {
    application.change({ 'text.0': `${n} now` });
    await until(`change ${n}`, () => other.length === n + 2);
  }
  const told = collect(slow);
  await until('all that it has missed', () => told.some(({ id }) => id === '21'));
  assert.deepEqual(names(told), ['values 1', 'change 21']);
  assert.deepEqual((told[1]?.data['changes'] as { new: string }[])[0]?.new, '19 now');
});

test('settings that are longer when they are written out than a stream may hold come whole all the same', async () => {
  await using served = await Served.start();
  const { application, watch } = served.rig;
  const keys = Array.from({ length: 60_000 }, (_, n) => `"k${n}":1e20`);
  const body = `{"revision":1,"values":{${keys.join()}}}`;
  application.meet({ status: 200, body });
  const slow = await served.read();
  await until('the settings', () => watch.state.kind === 'present');
  const told = collect(slow);
  await until('all of them', () => told.length === 1);
  assert.equal(Object.keys(told[0]?.data['values'] as object).length, 60_000);
});
