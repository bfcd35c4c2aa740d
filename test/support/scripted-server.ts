// An HTTP server in the test's process whose answers the test decides in advance, path by path: what a service that comes up,
// stumbles and recovers says to its probes.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class ScriptedServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #scripts = new Map<string, readonly number[]>();
  readonly #asked = new Map<string, number>();

  /** By path the statuses in order; the last one is given from then on. */
  static async start(scripts: Readonly<Record<string, readonly number[]>>): Promise<ScriptedServer> {
    const server = new ScriptedServer(scripts);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  private constructor(scripts: Readonly<Record<string, readonly number[]>>) {
    for (const [path, statuses] of Object.entries(scripts)) this.answer(path, ...statuses);
    this.#server = createServer((request, response) => {
      response.writeHead(this.#next(request.url ?? '')).end();
    });
  }

  /** From now on. */
  answer(path: string, ...statuses: readonly number[]): void {
    this.#scripts.set(path, statuses);
  }

  asked(path: string): number {
    return this.#asked.get(path) ?? 0;
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #next(path: string): number {
    const [status = 404, ...rest] = this.#scripts.get(path) ?? [];
    if (rest.length > 0) this.#scripts.set(path, rest);
    this.#asked.set(path, this.asked(path) + 1);
    return status;
  }
}
