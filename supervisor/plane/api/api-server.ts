// Serves the API on the control socket: takes the path, keeps trying when it cannot, and leaves it at the end.
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Context } from 'hono';
import type { PeerCredentials } from '../ports.ts';
import { AccessControl } from './access.ts';
import { createApp } from './app.ts';
import { KEEP_ALIVE_MS, limitConnections, NEVER_MS } from './connection-limits.ts';
import type { ApiContext } from './context.ts';
import { birthPath, prepare, publish, withdraw } from './socket-path-owner.ts';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 15_000;
const MOST_HEADER_BYTES = 16_384;

export type ApiServerOptions = {
  readonly context: ApiContext;
  readonly peerCredentials: PeerCredentials;
  readonly onListening: (socketPath: string) => void;
};

export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #path: string;
  readonly #open = new Map<ServerResponse, AbortController>();
  readonly #server: Server;
  #inode: number | undefined;
  #retryMs = FIRST_RETRY_MS;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#path = options.context.settings.socketPath;
    this.#server = this.#createServer();
  }

  /** Never rejects: a path that cannot be had is told in the log and tried again. */
  async listen(): Promise<void> {
    try {
      await prepare(this.#path);
      await this.#bind();
      this.#inode = await publish(this.#path);
      this.#retryMs = FIRST_RETRY_MS;
      if (this.#closed) await withdraw(this.#path, this.#inode);
      else this.#options.onListening(this.#path);
    } catch (error) {
      this.#listenLater(error instanceof Error ? error.message : 'unknown error');
    }
  }

  /** Lets the answers that are under way end, cuts off the rest, removes the socket. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#server.close();
    for (const [outgoing, gone] of this.#open) {
      gone.abort();
      if (outgoing.headersSent) outgoing.end();
    }
    if (this.#inode !== undefined) await withdraw(this.#path, this.#inode);
    // The answers to those who waited are written in this turn of the loop.
    await new Promise((resolve) => setImmediate(resolve));
    this.#server.closeIdleConnections();
    await new Promise((resolve) => setTimeout(resolve, this.#open.size === 0 ? 0 : 50));
    this.#server.closeAllConnections();
  }

  #createServer(): Server {
    const { context, peerCredentials } = this.#options;
    const access = new AccessControl(peerCredentials, context.settings.ownUid);
    const app = createApp({ context, access, gone: (c) => this.#goneSignal(c) });
    const options = {
      maxHeaderSize: MOST_HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      requestTimeout: 0,
      connectionsCheckingInterval: NEVER_MS,
    };
    const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false, hostname: 'localhost' });
    const server = createServer(options);
    server.on('request', (incoming, outgoing) => {
      this.#track(outgoing);
      void listener(incoming, outgoing);
    });
    // A socket that fails is that client's loss.
    server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      else socket.destroy();
    });
    limitConnections(server);
    return server;
  }

  #track(outgoing: ServerResponse): void {
    const gone = new AbortController();
    this.#open.set(outgoing, gone);
    outgoing.on('error', () => {
      gone.abort();
    });
    outgoing.on('close', () => {
      gone.abort();
      this.#open.delete(outgoing);
    });
  }

  #goneSignal(c: Context<{ Bindings: HttpBindings }>): AbortSignal {
    return this.#open.get(c.env.outgoing)?.signal ?? AbortSignal.abort();
  }

  async #bind(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(birthPath(this.#path), () => {
        this.#server.off('error', reject);
        this.#server.on('error', (error) => {
          this.#options.context.log({ level: 'error', text: `the control socket failed: ${error.message}` });
        });
        resolve();
      });
    });
  }

  #listenLater(why: string): void {
    if (this.#closed) return;
    const { log } = this.#options.context;
    log({
      level: 'error',
      text: `cannot listen on ${this.#path}: ${why}. Set another path with --socket; trying again.`,
    });
    this.#server.close();
    this.#retry = setTimeout(() => {
      void this.listen();
    }, this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }
}
