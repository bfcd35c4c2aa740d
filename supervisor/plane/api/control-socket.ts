// The control socket: takes its path, keeps trying when it cannot, and leaves it at the end.
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { OwnLog } from '../logs/own-log.ts';
import { keepRoomFor, mostConnections } from './connection-budget.ts';
import { LIMITED_SERVER, limitConnections } from './connection-limits.ts';
import { birthPath, prepare, publish, withdraw, type SocketAudience } from './socket-path-owner.ts';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 15_000;

export type ControlSocketOptions = {
  readonly path: string;
  readonly audience: SocketAudience;
  readonly serve: (server: Server) => void;
  /** Who is let in when nearly all connections are taken. */
  readonly isAdmin: (socket: Socket) => boolean;
  readonly onListening: (socketPath: string) => void;
  readonly log: OwnLog;
};

export class ControlSocket {
  readonly server: Server;
  readonly #options: ControlSocketOptions;
  #inode: number | undefined;
  #retryMs = FIRST_RETRY_MS;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ControlSocketOptions) {
    this.#options = options;
    this.server = createServer(LIMITED_SERVER);
    options.serve(this.server);
    limitConnections(this.server);
    this.server.maxConnections = mostConnections(1);
    keepRoomFor(this.server, options.isAdmin);
  }

  /** Never rejects: a path that cannot be had is told in the log and tried again. */
  async listen(): Promise<void> {
    const { path, audience, onListening } = this.#options;
    try {
      await prepare(path);
      await this.#bind();
      this.#inode = await publish(path, audience);
      this.#retryMs = FIRST_RETRY_MS;
      if (this.#closed) await withdraw(path, this.#inode);
      else onListening(path);
    } catch (error) {
      this.#listenLater(error instanceof Error ? error.message : 'unknown error');
    }
  }

  /** Takes no more connections and removes the socket. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.server.close();
    if (this.#inode !== undefined) await withdraw(this.#options.path, this.#inode);
  }

  async #bind(): Promise<void> {
    const { path, log } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(birthPath(path), () => {
        this.server.off('error', reject);
        this.server.on('error', (error) => {
          log({ level: 'error', text: `the control socket failed: ${error.message}` });
        });
        resolve();
      });
    });
  }

  #listenLater(why: string): void {
    if (this.#closed) return;
    const { path, log } = this.#options;
    log({
      level: 'error',
      text: `cannot listen on ${path}: ${why}. Set another path with --socket; trying again.`,
    });
    this.server.close();
    this.#retry = setTimeout(() => {
      void this.listen();
    }, this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }
}
