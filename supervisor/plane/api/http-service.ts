// The API on any number of servers, each with an entrance of its own: one application for all, and the answers that are under way.
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Server, ServerResponse } from 'node:http';
import type { Context } from 'hono';
import type { Gate } from '../access/gate.ts';
import type { Refusals } from '../access/refusals.ts';
import { createApp } from './app.ts';
import type { ApiContext } from './context.ts';
import { serveUpgrades } from './exec-upgrade.ts';
import { answerMalformed, refuseUnreadable } from './malformed-request.ts';
import { RequestTurns } from './request-turns.ts';

type Answer = { readonly gate: Gate; readonly gone: AbortController };
type RequestListener = ReturnType<typeof getRequestListener>;

/** How long an answer that has been ended may take to be written. */
const WRITE_OUT_MS = 50;

export class HttpService {
  readonly #open = new Map<ServerResponse, Answer>();
  readonly #listener: RequestListener;
  readonly #turns = new RequestTurns();

  constructor(context: ApiContext, refusals: Refusals) {
    const app = createApp({
      context,
      refusals,
      gate: (c) => this.#answerOf(c)?.gate,
      gone: (c) => this.#answerOf(c)?.gone.signal ?? AbortSignal.abort(),
    });
    this.#listener = getRequestListener(app.fetch, {
      overrideGlobalObjects: false,
      hostname: 'localhost',
      errorHandler: refuseUnreadable,
    });
  }

  serve(server: Server, gate: Gate): void {
    server.on('request', (incoming, outgoing) => {
      const begin = (): void => {
        this.#track(outgoing, gate);
        void this.#listener(incoming, outgoing);
      };
      this.#turns.take(incoming.socket, { outgoing, begin });
    });
    serveUpgrades(server, (socket) => this.#turns.isBusy(socket));
    // A socket that fails is that client's loss.
    server.on('clientError', answerMalformed);
  }

  /** Lets the answers that are under way end, and cuts off the rest, on all of these servers. */
  async close(servers: readonly Server[]): Promise<void> {
    for (const [outgoing, { gone }] of this.#open) {
      gone.abort();
      if (outgoing.headersSent) outgoing.end();
    }
    // The answers to those who waited are written in this turn of the loop.
    await new Promise((resolve) => setImmediate(resolve));
    for (const server of servers) server.closeIdleConnections();
    await new Promise((resolve) => setTimeout(resolve, this.#open.size === 0 ? 0 : WRITE_OUT_MS));
    for (const server of servers) server.closeAllConnections();
  }

  #track(outgoing: ServerResponse, gate: Gate): void {
    const gone = new AbortController();
    this.#open.set(outgoing, { gate, gone });
    outgoing.on('error', () => {
      gone.abort();
    });
    outgoing.on('close', () => {
      gone.abort();
      this.#open.delete(outgoing);
    });
  }

  #answerOf(c: Context<{ Bindings: HttpBindings }>): Answer | undefined {
    return this.#open.get(c.env.outgoing);
  }
}
