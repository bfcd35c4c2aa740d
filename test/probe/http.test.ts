// The HTTP probe against real servers: what is asked, which answers are healthy, and that nothing of it is unbounded.
import assert from 'node:assert/strict';
import { once as event } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import { test } from 'node:test';
import type { RunId } from '../../supervisor/core/names.ts';
import { clock } from '../../supervisor/os/clock.ts';
import { httpProbe } from '../../supervisor/probe/http.ts';
import { ProbeLoop } from '../../supervisor/probe/probe-loop.ts';
import { within } from '../support/deadline.ts';
import { http, once, probeSpec, reason } from './support/actions.ts';

/** A server on a free port of its own, gone with its test. */
class Served implements AsyncDisposable {
  readonly #server: Server | TcpServer;
  readonly #sockets = new Set<Socket>();

  static async http(listener: RequestListener): Promise<Served> {
    return new Served(createServer(listener)).#listen();
  }

  static async tcp(listener: (socket: Socket) => void): Promise<Served> {
    return new Served(createTcpServer(listener)).#listen();
  }

  private constructor(server: Server | TcpServer) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket.on('error', () => undefined));
    });
  }

  async #listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await event(this.#server, 'listening');
    return this;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  url(path = '/'): string {
    return `http://${this.host}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await event(this.#server, 'close');
  }
}

const status =
  (code: number): RequestListener =>
  (_request, response) => {
    response.writeHead(code).end();
  };

test('200 to 399 is healthy; other ranges where they are declared', async () => {
  for (const [code, ranges, expected] of [
    [200, undefined, ''],
    [399, undefined, ''],
    [400, undefined, 'status 400'],
    [503, undefined, 'status 503'],
    [204, [{ from: 200, to: 200 }], 'status 204'],
    [
      418,
      [
        { from: 200, to: 299 },
        { from: 418, to: 418 },
      ],
      '',
    ],
    [404, [{ from: 200, to: 499 }], ''],
  ] as const) {
    await using server = await Served.http(status(code));
    const probe = httpProbe(http(server.url('/health'), ranges === undefined ? {} : { statuses: ranges }));
    const prefix = expected === '' ? '' : `GET ${server.url('/health')}: `;
    assert.equal(await reason(probe), `${prefix}${expected}`);
  }
});

test('a redirect is an answer like any other, and is not followed', async () => {
  const asked: string[] = [];
  await using server = await Served.http((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(request.url === '/' ? 302 : 500, { location: '/elsewhere' }).end();
  });
  assert.equal(await reason(httpProbe(http(server.url()))), '');
  const strict = httpProbe(http(server.url(), { statuses: [{ from: 200, to: 299 }] }));
  assert.match(await reason(strict), /status 302$/);
  assert.deepEqual(asked, ['/', '/']);
});

test('method and headers are sent as declared, a Host header too; the URL’s password is, and is not told', async () => {
  const requests: IncomingMessage[] = [];
  await using server = await Served.http((request, response) => {
    requests.push(request);
    response.writeHead(500).end();
  });
  const post = httpProbe(
    http(`http://user:secret@${server.host}/live?token=secret`, {
      method: 'POST',
      headers: { Host: 'app.example', 'X-Probe': 'yes', 'User-Agent': 'mine' },
    }),
  );
  assert.equal(await reason(post), `POST ${server.url('/live')}: status 500`);
  await once(httpProbe(http(server.url(), { method: 'HEAD' })));
  const [first, second] = requests;
  assert.equal(first?.method, 'POST');
  assert.equal(first.url, '/live?token=secret');
  assert.equal(first.headers.host, 'app.example');
  assert.equal(first.headers['x-probe'], 'yes');
  assert.equal(first.headers['user-agent'], 'mine');
  assert.equal(first.headers['content-length'], '0');
  assert.equal(first.headers.authorization, `Basic ${Buffer.from('user:secret').toString('base64')}`);
  assert.equal(second?.method, 'HEAD');
  assert.equal(second.headers['user-agent'], 'bosun-probe');
  assert.equal(second.headers.connection, 'close');
});

test('a text is found in the body also where it comes in pieces, and is missed in words', async () => {
  // More than is ever read at once.
  const long = 'x'.repeat(300_000);
  await using server = await Served.http((_request, response) => {
    for (const part of ['status: re', 'ad', 'y\n', 'rest', long]) response.write(part);
    response.end();
  });
  const looking = (bodyContains: string, maxBodyBytes: number): Promise<string> =>
    reason(httpProbe(http(server.url(), { bodyContains, maxBodyBytes })));
  assert.equal(await looking('ready', 1000), '');
  assert.equal(await looking('y\nrest', 1000), '');
  assert.equal(await looking(`rest${long}`, 1_000_000), '');
  assert.match(await looking('broken', 1000), /: "broken" is not in the first 1000 bytes of the body$/);
  // Ends with byte 13.
  assert.equal(await looking('ready', 13), '');
  assert.match(await looking('ready', 12), /is not in the first 12 bytes/);
});

test('a body without end is read up to its bound, and the connection closed', async () => {
  for (const [more, expected] of [
    [{ maxBodyBytes: 100_000 }, ''],
    [{ maxBodyBytes: 0 }, ''],
    [{ maxBodyBytes: 100_000, bodyContains: 'never' }, '"never" is not in the first 100000 bytes'],
  ] as const) {
    const closed = Promise.withResolvers<undefined>();
    await using server = await Served.http((_request, response) => {
      const write = (): void => {
        while (response.write('x'.repeat(10_000)));
      };
      response.on('drain', write).on('close', () => {
        closed.resolve(undefined);
      });
      write();
    });
    const said = await reason(httpProbe(http(server.url(), more)));
    assert.ok(expected === '' ? said === '' : said.includes(expected), said);
    await within('the end of the connection', closed.promise);
  }
});

test('a body that breaks off is a failure where a text is looked for, and the status alone counts otherwise', async () => {
  await using server = await Served.tcp((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'));
  });
  assert.match(
    await reason(httpProbe(http(server.url(), { maxBodyBytes: 100, bodyContains: 'whole' }))),
    /: ECONN/,
  );
  assert.equal(await reason(httpProbe(http(server.url(), { maxBodyBytes: 100, bodyContains: 'half' }))), '');
  assert.equal(await reason(httpProbe(http(server.url()))), '');
  // As in Kubernetes, which reads it too.
  assert.match(await reason(httpProbe(http(server.url(), { maxBodyBytes: 100 }))), /: ECONN/);
});

test('headers that do not come: no answer within the timeout, and the connection is closed', async () => {
  const connections: Promise<unknown>[] = [];
  await using server = await Served.tcp((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nslow');
    connections.push(event(socket.resume(), 'close'));
  });
  const answer = Promise.withResolvers<unknown>();
  using loop = new ProbeLoop({
    probe: httpProbe(http(server.url())),
    planned: {
      run: 1 as RunId,
      purpose: 'liveness',
      probe: probeSpec({ timeoutMs: 50, periodMs: 3_600_000 }),
      pace: 'eager',
    },
    launchedAtMs: 0,
    clock,
    report: answer.resolve,
  });
  const expected = { kind: 'failed', reason: 'no answer within 50 ms' };
  assert.deepEqual(await within('the answer', answer.promise), expected);
  assert.equal(connections.length, 1);
  await within('the end of the connection', Promise.all(connections));
  assert.ok(loop);
});

test('what does not answer as HTTP is said in the same words each time', async () => {
  await using ssh = await Served.tcp((socket) => socket.resume().end('SSH-2.0-OpenSSH_9.9\r\n'));
  await using mute = await Served.tcp((socket) => socket.once('data', () => socket.destroy()));
  const free = await Served.tcp(() => undefined);
  const closed = free.url();
  await free[Symbol.asyncDispose]();
  for (const [url, expected] of [
    [ssh.url(), /: what answers does not speak HTTP \(HPE_\w+\)$/],
    [mute.url(), /: ECONNRESET$/],
    [closed, /: ECONNREFUSED$/],
  ] as const) {
    const probe = httpProbe(http(url));
    const said = await reason(probe);
    assert.match(said, expected);
    assert.equal(await reason(probe), said);
  }
});

test('101 is a status too, where it is declared', async () => {
  await using server = await Served.tcp((socket) => {
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    );
  });
  const headers = { connection: 'upgrade', upgrade: 'x' };
  assert.match(await reason(httpProbe(http(server.url(), { headers }))), /: status 101$/);
  const statuses = [{ from: 101, to: 101 }];
  assert.equal(await reason(httpProbe(http(server.url(), { headers, statuses, maxBodyBytes: 100 }))), '');
});

test('a header that cannot be sent is a failure in words', async () => {
  assert.match(
    await reason(httpProbe(http('http://127.0.0.1:1/', { headers: { 'x-a': 'a\nb' } }))),
    /: ERR_INVALID_CHAR$/,
  );
});
