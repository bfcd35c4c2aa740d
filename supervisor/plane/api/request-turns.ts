// The requests of one connection, one after the other. A client may send more before the first is answered (pipelining, RFC 9112,
// section 9.3.2), and Node hands out all of them at once: without a bound, and with answers that never learn that their connection is
// gone. Here each waits for its turn, and more than a few may not wait.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Behind one that is being answered. */
const MOST_WAITING = 16;
/** Of all connections together. */
const MOST_WAITING_IN_ALL = 512;

type Waiting = { readonly outgoing: ServerResponse; readonly begin: () => void };

export class RequestTurns {
  /** Of each connection with a request that is being answered: those behind it. */
  readonly #busy = new Map<Socket, Waiting[]>();
  #waitingInAll = 0;

  isBusy(socket: Socket): boolean {
    return this.#busy.has(socket);
  }

  /** Begins it when those before it are answered, and never when its connection is gone by then. */
  take(socket: Socket, request: Waiting): void {
    // Of what has been read together, more may come after the connection was cut.
    if (socket.destroyed) return;
    const waiting = this.#busy.get(socket);
    if (waiting === undefined) {
      this.#busy.set(socket, []);
      this.#begin(socket, request);
    } else if (waiting.length < MOST_WAITING && this.#waitingInAll < MOST_WAITING_IN_ALL) {
      waiting.push(request);
      this.#waitingInAll += 1;
    } else {
      socket.destroy();
    }
  }

  #begin(socket: Socket, { outgoing, begin }: Waiting): void {
    // It has the connection now, so that it closes with it.
    outgoing.once('close', () => {
      this.#next(socket);
    });
    begin();
  }

  #next(socket: Socket): void {
    const waiting = this.#busy.get(socket) ?? [];
    const next = socket.destroyed ? undefined : waiting.shift();
    if (next !== undefined) {
      this.#waitingInAll -= 1;
      this.#begin(socket, next);
      return;
    }
    this.#waitingInAll -= waiting.length;
    this.#busy.delete(socket);
  }
}
