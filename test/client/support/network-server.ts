// A real HTTP or HTTPS server in the test's process that answers as the test says, and keeps what it was asked.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Issued } from './authority.ts';

export const VERSION = { version: '1', api: 'v1', node: '26', pid: 1 };

export type Asked = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;
export type Answer = (request: IncomingMessage, response: ServerResponse, number: number) => void;

export class NetworkServer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  connections = 0;
  readonly #server: Server;

  /** Without a certificate: plain HTTP. */
  static async start(
    own: Issued | undefined,
    options: ServerOptions = {},
    answer: Answer = answerVersion,
    port = 0,
  ): Promise<NetworkServer> {
    const server = new NetworkServer(own, options, answer);
    server.#server.listen(port, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  private constructor(own: Issued | undefined, options: ServerOptions, answer: Answer) {
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      const { method, url, headers } = request;
      this.asked.push({ method, url, headers });
      request.resume().on('error', () => undefined);
      request.on('end', () => {
        answer(request, response, this.asked.length);
      });
    };
    this.#server =
      own === undefined
        ? createServer(listener)
        : createTlsServer({ cert: own.certificate, key: own.key, ...options }, listener);
    this.#server.on('connection', () => (this.connections += 1));
    this.#server.on('tlsClientError', () => undefined);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

function answerVersion(_: unknown, response: ServerResponse): void {
  answerJson(response, VERSION);
}

export function answerJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
