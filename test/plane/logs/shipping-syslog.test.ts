// Syslog as RFC 5424 has it, over each of its ways, with receivers that come, go, and do not read.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogTarget } from '../../../supervisor/core/log-spec.ts';
import { until } from '../../support/deadline.ts';
import { DatagramReceiver } from './support/datagram-receiver.ts';
import { ShippingRun } from './support/shipping-run.ts';
import { sinkOf, Spooling } from './support/spooling.ts';
import { readFrames, readSyslog } from './support/syslog-format.ts';

const DAEMON = 3;
type Transport = Extract<LogTarget, { kind: 'syslog' }>['transport'];

test('TCP: a frame for each line, with service, pid, time and stream, and the bytes as they were', async () => {
  await using receiver = await StreamReceiver.listen({ port: 0, host: '127.0.0.1' });
  using spooling = spoolingTo(receiver.tcp);
  spooling.write({ bytes: Buffer.from('caf\xe9 \0 "x"\n\nERROR no\n', 'latin1') });
  spooling.write({ service: 'a"]\\ b', stream: 'stderr', pid: 7, bytes: Buffer.from('two\n') });
  await using run = new ShippingRun(spooling);
  await run.sent('a', 4);
  const messages = await receiver.messages(4);
  const time = '2026-11-21T14:20:30.123Z';
  const web = { time, app: 'web', pid: '42', data: '[bosun@32473 service="web" stream="stdout"]' };
  assert.deepEqual(messages.map(readSyslog), [
    { priority: 30, ...web, text: 'caf\xe9 \0 "x"' },
    { priority: 30, ...web, text: '' },
    { priority: 27, ...web, text: 'ERROR no' },
    {
      priority: 30,
      time,
      app: 'a"]\\_b',
      pid: '7',
      data: '[bosun@32473 service="a\\"\\]\\\\ b" stream="stderr"]',
      text: 'two',
    },
  ]);
});

test('a long line becomes several messages that say so, none cut in the middle of a character', async () => {
  await using receiver = await StreamReceiver.listen({ port: 0, host: '127.0.0.1' });
  using spooling = spoolingTo(receiver.tcp);
  // One of them has the border in each place within a character.
  const texts = ['', 'a', 'aa'].map((shift) => `${shift}${'\u20ac'.repeat(10_000)}`);
  for (const text of texts) spooling.write({ bytes: Buffer.from(`${text}\n`) });
  await using run = new ShippingRun(spooling);
  await run.sent('a', 3);
  const messages = await receiver.messages(12);
  assert.ok(messages.every(({ length }) => length <= 8_192));
  const parts = messages.map(readSyslog);
  const continues = parts.map(({ data }) => data.includes('continues="true"'));
  assert.deepEqual(
    continues,
    [1, 2, 3].flatMap(() => [true, true, true, false]),
  );
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decoded = parts.map((part) => decoder.decode(Buffer.from(part.text, 'latin1')));
  assert.equal(decoded.join(''), texts.join(''));
});

test('TCP: many lines come in order over one connection', async () => {
  await using receiver = await StreamReceiver.listen({ port: 0, host: '127.0.0.1' });
  using spooling = spoolingTo(receiver.tcp);
  spooling.writeLines(20_000);
  await using run = new ShippingRun(spooling);
  await run.sent('a', 20_000);
  assert.deepEqual(textsOf(await receiver.messages(20_000)), numbered(20_000));
  assert.equal(receiver.connections, 1);
});

test('TCP: a receiver that closes its side, resets, or comes late loses nothing that it has not taken', async () => {
  const receiver = await StreamReceiver.listen({ port: 0, host: '127.0.0.1' });
  const { tcp } = receiver;
  using spooling = spoolingTo(tcp);
  await using run = new ShippingRun(spooling);
  spooling.writeLines(10);
  await run.sent('a', 10);
  const first = await receiver.messages(10);
  receiver.endAll();
  spooling.writeLines(10);
  await run.sent('a', 20);
  const second = await receiver.messages(20);
  await receiver[Symbol.asyncDispose]();
  spooling.writeLines(10);
  await until('an attempt', async () => (await run.statusOf('a'))?.state.kind === 'retrying');
  await using next = await StreamReceiver.listen({ port: tcp.port, host: '127.0.0.1' });
  await run.sent('a', 30);
  const third = await next.messages(10);
  assert.deepEqual(textsOf(first), numbered(10));
  assert.deepEqual(textsOf(second), numbered(20));
  assert.deepEqual(textsOf(third), numbered(30).slice(20));
});

test('TCP: what the other side has not got when the connection is reset comes again', async () => {
  await using receiver = await StreamReceiver.listen({ port: 0, host: '127.0.0.1' }, 'read nothing');
  using spooling = spoolingTo(receiver.tcp);
  // One batch is more than the kernel holds for a receiver that has never read.
  const padding = 'x'.repeat(1_000);
  const texts = Array.from({ length: 600 }, (_, index) => `line ${index + 1} ${padding}`);
  for (const text of texts) spooling.write({ bytes: Buffer.from(`${text}\n`) });
  await using run = new ShippingRun(spooling);
  await until('the connection', () => receiver.connections === 1);
  // Nothing happens in this time: that is what is looked at.
  await pause(200);
  assert.equal((await run.statusOf('a'))?.sentLines, 0);
  receiver.mode = 'read';
  receiver.resetAll();
  await run.sent('a', 600);
  assert.deepEqual(textsOf(await receiver.messages(600)), texts);
});

test('TCP: a receiver that does not read holds up nothing, and is asked anew after its time', async () => {
  await using receiver = await StreamReceiver.listen({ port: 0, host: '127.0.0.1' }, 'read nothing');
  using spooling = spoolingTo(receiver.tcp);
  const filler = Buffer.from(`${'x'.repeat(7_999)}\n`.repeat(8));
  for (let n = 0; n < 300; n++) spooling.write({ bytes: filler });
  await using run = new ShippingRun(spooling, { stallMs: 300 });
  await until('the second connection', () => receiver.connections > 1, 30_000);
  assert.match(run.told[0] ?? '', /it does not take what is sent/);
  assert.ok(((await run.statusOf('a'))?.queuedLines ?? 0) > 0);
});

test('UDP: a datagram for each line', async () => {
  const socket = createSocket('udp4');
  const received: Buffer[] = [];
  socket.on('message', (message) => received.push(message));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  try {
    using spooling = spoolingTo({ kind: 'udp', host: '127.0.0.1', port: socket.address().port });
    spooling.writeLines(100);
    await using run = new ShippingRun(spooling);
    await run.sent('a', 100);
    await until('100 datagrams', () => received.length >= 100);
    assert.deepEqual(textsOf(received), numbered(100));
  } finally {
    socket.close();
  }
});

test('UDP: a host that says that nobody listens is away; the lines wait for one who does', async () => {
  const probe = createSocket('udp4');
  probe.bind(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  using spooling = spoolingTo({ kind: 'udp', host: '127.0.0.1', port });
  spooling.writeLines(10);
  await using run = new ShippingRun(spooling);
  await until('an attempt', async () => (await run.statusOf('a'))?.state.kind === 'retrying');
  assert.match(run.told[0] ?? '', /ECONNREFUSED/);
  const socket = createSocket('udp4');
  const received: Buffer[] = [];
  socket.on('message', (message) => received.push(message));
  socket.bind(port, '127.0.0.1');
  try {
    await run.sent('a', 10);
    await until('10 datagrams', () => received.length >= 10);
    assert.deepEqual([...new Set(textsOf(received))], numbered(10));
  } finally {
    socket.close();
  }
});

test('UDP: one line that nobody was there for comes again', async () => {
  const probe = createSocket('udp4');
  probe.bind(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  using spooling = spoolingTo({ kind: 'udp', host: '127.0.0.1', port });
  spooling.writeLines(1);
  await using run = new ShippingRun(spooling);
  await until('an attempt', async () => (await run.statusOf('a'))?.state.kind === 'retrying');
  assert.equal((await run.statusOf('a'))?.sentLines, 0);
});

test('a Unix datagram socket, as /dev/log is: lines wait while its queue is full, and while nobody is there', async () => {
  using spooling = spoolingTo({ kind: 'unix', path: '' });
  const path = join(spooling.spoolDir, 'log');
  using there = new Spooling([sinkOf('a', syslog({ kind: 'unix', path }))], spooling.spoolDir);
  there.writeLines(500);
  await using run = new ShippingRun(there);
  await until('an attempt', async () => (await run.statusOf('a'))?.state.kind === 'retrying');
  assert.match(run.told[0] ?? '', /ENOENT/);
  const received: Buffer[] = [];
  {
    using receiver = new DatagramReceiver(path);
    await until('300 lines', () => received.push(...receiver.read()) >= 300);
  }
  using again = new DatagramReceiver(path);
  await until('the last line', () => {
    received.push(...again.read());
    return received.length > 0 && textsOf(received.slice(-1))[0] === 'line 500';
  });
  assert.ok(!run.told.join().includes('EAGAIN'), 'a full queue is no failure');
  const texts = textsOf(received);
  assert.deepEqual(texts.slice(0, 300), numbered(300));
  const order = texts.map((text) => Number(text.slice(5)));
  assert.ok(
    order.every((number, index) => index === 0 || number > (order[index - 1] ?? 0)),
    'in order and once',
  );
  // What the one that has ended had not read is lost with it: at most what its queue holds.
  assert.ok(texts.length >= 500 - 300, `${texts.length} lines`);
});

test('a Unix stream socket: a line for each message, and a record stays one', async () => {
  using spooling = spoolingTo({ kind: 'unix', path: '' });
  const path = join(spooling.spoolDir, 'log');
  await using receiver = await StreamReceiver.listen({ path });
  using there = new Spooling([sinkOf('a', syslog({ kind: 'unix', path }))], spooling.spoolDir);
  there.writeLines(100);
  there.write({ bytes: Buffer.from('panic\n  at x\n'), ends: 'record' });
  await using run = new ShippingRun(there);
  await run.sent('a', 101);
  assert.deepEqual(textsOf(receiver.lines()), [...numbered(100), 'panic#012  at x']);
});

/** Over TCP or at a path. */
class StreamReceiver implements AsyncDisposable {
  mode: 'read' | 'read nothing';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #streams: Buffer[][] = [];

  private constructor(mode: 'read' | 'read nothing') {
    this.mode = mode;
    this.#server = createServer({ pauseOnConnect: true }, (socket) => {
      const pieces: Buffer[] = [];
      this.#streams.push(pieces);
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
      if (this.mode === 'read nothing') return;
      socket.on('data', (piece: Buffer) => pieces.push(piece));
      socket.resume();
    });
  }

  static async listen(
    where: { readonly port: number; readonly host: string } | { readonly path: string },
    mode: 'read' | 'read nothing' = 'read',
  ): Promise<StreamReceiver> {
    const receiver = new StreamReceiver(mode);
    receiver.#server.listen(where);
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get tcp(): Extract<Transport, { kind: 'tcp' }> {
    return { kind: 'tcp', host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  get connections(): number {
    return this.#streams.length;
  }

  get received(): readonly Buffer[] {
    return this.#streams.flatMap((pieces) => readFrames(Buffer.concat(pieces)).messages);
  }

  messages(count: number): Promise<readonly Buffer[]> {
    return until(`${count} messages`, () => (this.received.length >= count ? this.received : undefined));
  }

  /** Of a Unix socket. */
  lines(): readonly Buffer[] {
    const text = Buffer.concat(this.#streams.flat()).toString('latin1');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => Buffer.from(line, 'latin1'));
  }

  endAll(): void {
    for (const socket of this.#sockets) socket.end();
  }

  resetAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

function spoolingTo(transport: Transport): Spooling {
  return new Spooling([sinkOf('a', syslog(transport))]);
}

function syslog(transport: Transport): LogTarget {
  return { kind: 'syslog', transport, facility: DAEMON };
}

function textsOf(messages: readonly Buffer[]): readonly string[] {
  return messages.map((message) => readSyslog(message).text);
}

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `line ${index + 1}`);
}
