// An application that takes settings while it runs, as docs/how-to/configure-an-application.md has it: a real HTTPS server with a key, revisions,
// long polls and idempotency keys. What goes wrong with the next requests is scripted.
import { once } from 'node:events';
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { SettingValue } from '../../supervisor/core/application-spec.ts';

/** Of one request. `before-effect` and `after-effect`: the connection breaks before it is done, or in the middle of the answer. */
export type Fault =
  | 'fine'
  | 'before-effect'
  | 'after-effect'
  | 'silent'
  | 'too-large'
  | 'no-json'
  | 'no-utf8'
  | 'wrong-types'
  | 'revision-back'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

export type Seen = {
  readonly method: string;
  readonly url: string;
  readonly key: string;
  readonly actor: string;
  readonly idempotencyKey: string;
  readonly fault: Fault;
};

type Values = Record<string, SettingValue>;
type Certificate = { readonly cert: string; readonly key: string };

export class SettingsApplication implements AsyncDisposable {
  readonly seen: Seen[] = [];
  /** When each of them came, by performance.now(). */
  readonly times: number[] = [];
  /** The changes that were really made, one by one. */
  readonly effects: { readonly idempotencyKey: string; readonly values: Values }[] = [];
  key: string;
  /** `none`: a request that should wait is answered at once. */
  patience: 'as agreed' | 'none' = 'as agreed';
  revision = 1;
  values: Values;
  /** Keys that it does not take, with the reason. */
  refuses: (key: string, value: SettingValue) => string | undefined = (key) =>
    key in this.values ? undefined : 'is not known';
  #faults: Fault[] = [];
  readonly #answers = new Map<string, string>();
  readonly #waiting = new Set<() => void>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  /** Without a certificate it speaks http. */
  static async start(
    certificate: Certificate | undefined,
    key: string,
    values: Values,
  ): Promise<SettingsApplication> {
    const application = new SettingsApplication(certificate, key, values);
    await application.listen();
    return application;
  }

  private constructor(certificate: Certificate | undefined, key: string, values: Values) {
    this.key = key;
    this.values = { ...values };
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      request.on('error', () => undefined);
      response.on('error', () => undefined);
      void this.#serve(request, response);
    };
    this.#server =
      certificate === undefined
        ? (createPlainServer(listener) as unknown as Server)
        : createServer({ ...certificate }, listener);
    this.#server.on('tlsClientError', () => undefined);
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    return this.#port;
  }

  url(host = 'localhost'): string {
    return `https://${host}:${this.#port}/config`;
  }

  /** Again on the same port. */
  async listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** On a Unix socket, in place of the port. */
  async move(path: string): Promise<void> {
    await this.goAway();
    this.#server.listen(path);
    await once(this.#server, 'listening');
  }

  /** Nobody listens any more, and all connections break. */
  async goAway(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.dropConnections();
    await closed;
  }

  /** As a restart of its workers does. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  use(certificate: Certificate): void {
    this.#server.setSecureContext({ ...certificate });
  }

  /** What happens to the next requests, in order. */
  meet(...faults: readonly Fault[]): void {
    this.#faults = [...faults];
  }

  /** A change that Bosun has not made. */
  change(values: Values): void {
    this.values = { ...this.values, ...values };
    this.revision += 1;
    for (const wake of [...this.#waiting]) wake();
  }

  /** As if it had been set up anew. */
  reset(revision: number, values: Values): void {
    this.values = { ...values };
    this.revision = revision;
    for (const wake of [...this.#waiting]) wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.goAway();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const seen = this.#note(request);
    const { fault, key } = seen;
    const body = await readAll(request);
    if (typeof fault === 'object') {
      response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
      return;
    }
    if (fault === 'before-effect') request.socket.destroy();
    if (fault === 'before-effect' || fault === 'silent') return;
    if (key !== this.key) {
      response.writeHead(401).end(`{"detail":"wrong key ${key}"}`);
      return;
    }
    const isChange = method === 'PATCH';
    const text = isChange ? this.#patch(body, seen.idempotencyKey, response) : await this.#get(url, response);
    if (text !== undefined) this.#answer(fault, text, request, response);
  }

  #note({ method = '', url = '', headers }: IncomingMessage): Seen {
    const header = (name: string): string => String(headers[name] ?? '');
    const seen = {
      method,
      url,
      key: header('x-api-key'),
      actor: header('x-actor'),
      idempotencyKey: header('idempotency-key'),
      fault: this.#faults.shift() ?? 'fine',
    };
    this.times.push(performance.now());
    this.seen.push(seen);
    return seen;
  }

  /** Undefined: it has been answered. */
  #patch(body: string, idempotencyKey: string, response: ServerResponse): string | undefined {
    const again = this.#answers.get(idempotencyKey);
    if (again !== undefined) return again;
    const { values } = JSON.parse(body) as { values: Values };
    const errors = Object.entries(values).flatMap(([key, value]) => {
      const message = this.refuses(key, value);
      return message === undefined ? [] : [{ key, message }];
    });
    if (errors.length > 0) {
      response.writeHead(422).end(JSON.stringify({ errors }));
      return undefined;
    }
    this.effects.push({ idempotencyKey, values });
    this.change(values);
    const text = this.#text();
    this.#answers.set(idempotencyKey, text);
    return text;
  }

  async #get(url: string, response: ServerResponse): Promise<string | undefined> {
    const query = new URL(url, 'https://localhost').searchParams;
    const after = query.get('after');
    if (after === null || this.patience === 'none' || this.revision > Number(after)) return this.#text();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => {
      resolve(undefined);
    };
    this.#waiting.add(wake);
    const timer = setTimeout(wake, Number(query.get('wait')) * 1000);
    response.on('close', wake);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(wake);
    if (this.revision > Number(after)) return this.#text();
    response.writeHead(304, { etag: `"${this.revision}"` }).end();
    return undefined;
  }

  #answer(
    fault: Extract<Fault, string>,
    text: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const send = (body: string | Buffer): void => {
      response.writeHead(200, { 'content-type': 'application/json', etag: `"${this.revision}"` }).end(body);
    };
    switch (fault) {
      case 'after-effect':
        response.writeHead(200, { 'content-length': Buffer.byteLength(text) });
        response.write(text.slice(0, text.length / 2), () => request.socket.destroy());
        return;
      case 'too-large':
        send(`{"revision":1,"values":{"x":"${'x'.repeat(1_200_000)}"}}`);
        return;
      case 'no-json':
        send('<html>hello</html>');
        return;
      case 'no-utf8':
        send(Buffer.from('{"revision":1,"values":{"a":"\u00ff"}}', 'latin1'));
        return;
      case 'wrong-types':
        send('{"revision":2,"values":{"pool.size":{"min":1}}}');
        return;
      case 'revision-back':
        send(text.replace(/"revision":\d+/, '"revision":0'));
        return;
      case 'fine':
      case 'silent':
      case 'before-effect':
        send(text);
    }
  }

  #text(): string {
    return JSON.stringify({ revision: this.revision, values: this.values });
  }
}

/** Of one that breaks off, what came. */
async function readAll(request: IncomingMessage): Promise<string> {
  let body = '';
  try {
    for await (const chunk of request) body += String(chunk);
  } catch {
    // Nobody is there for an answer.
  }
  return body;
}
