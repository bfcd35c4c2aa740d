// Limits for connections without a periodic check: Node's own looks at all of them every 30 s, also when idle.
// Each connection has one timer, armed while a whole request is due.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** A request, head and body, has to be there this long after the connection or the last answer. */
const REQUEST_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 5000;
const MOST_HEADER_BYTES = 16_384;
/** setInterval's longest; the requests are timed here. */
const NEVER_MS = 2 ** 31 - 1;

/** For createServer of node:http and node:https. */
export const LIMITED_SERVER = {
  maxHeaderSize: MOST_HEADER_BYTES,
  keepAliveTimeout: KEEP_ALIVE_MS,
  headersTimeout: 0,
  requestTimeout: 0,
  connectionsCheckingInterval: NEVER_MS,
  // Checked where it can be answered with a problem document.
  requireHostHeader: false,
} as const;

/** With TLS a connection is one when its handshake is complete; that has a limit of its own. */
export function limitConnections(
  server: Server,
  requestTimeoutMs = REQUEST_TIMEOUT_MS,
  connected: 'connection' | 'secureConnection' = 'connection',
): void {
  server.on(connected, (socket: Socket) => {
    const deadline = new RequestDeadline(socket, requestTimeoutMs);
    deadlines.set(socket, deadline);
    deadline.arm();
  });
  server.prependListener('request', (request, response) => {
    const deadline = deadlines.get(request.socket);
    if (deadline === undefined) return;
    if (
      request.headers['content-length'] === undefined &&
      request.headers['transfer-encoding'] === undefined
    ) {
      deadline.disarm();
    } else {
      request.once('end', () => {
        deadline.disarm();
      });
    }
    response.once('finish', () => {
      deadline.arm();
    });
  });
}

const deadlines = new WeakMap<Socket, RequestDeadline>();

class RequestDeadline {
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    socket.once('close', () => {
      this.disarm();
    });
  }

  arm(): void {
    this.disarm();
    if (this.#socket.destroyed) return;
    this.#timer = setTimeout(() => {
      this.#socket.destroy();
    }, this.#timeoutMs);
  }

  disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
