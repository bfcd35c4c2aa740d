// One connection to a syslog receiver over TCP or a Unix stream socket: bytes go out, and `write` ends when the other side has them. What the
// receiver says is not listened to. Every way in which it can end is one: `over`.
import { createConnection, type LookupFunction, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { SocketCalls } from './socket-calls.ts';

const CONNECT_MS = 10_000;
/** For so long it need not take a single byte. */
const STALL_MS = 30_000;
/** An idle connection through a firewall is often forgotten after minutes. */
const KEEP_ALIVE_MS = 60_000;
const FIRST_LOOK_MS = 1;
const LAST_LOOK_MS = 64;

export type StreamTarget =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly lookup: LookupFunction }
  | { readonly kind: 'unix'; readonly path: string };

/** Rejects with what connect(2) says, or when `signal` is aborted. */
export async function connectStream(
  target: StreamTarget,
  calls: Pick<SocketCalls, 'unsentBytes'>,
  signal: AbortSignal,
  stallMs = STALL_MS,
): Promise<StreamConnection> {
  signal.throwIfAborted();
  const socket = target.kind === 'unix' ? createConnection({ path: target.path }) : createConnection(target);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.min(CONNECT_MS, stallMs))]);
  const connection = new StreamConnection(socket, calls, stallMs);
  const abort = (): void => {
    socket.destroy(new Error('no connection in time'));
  };
  limit.addEventListener('abort', abort);
  try {
    await connection.established;
  } finally {
    limit.removeEventListener('abort', abort);
  }
  return connection;
}

export class StreamConnection {
  readonly established: Promise<void>;
  readonly #socket: Socket;
  readonly #calls: Pick<SocketCalls, 'unsentBytes'>;
  readonly #stallMs: number;
  #over: string | undefined;

  constructor(socket: Socket, calls: Pick<SocketCalls, 'unsentBytes'>, stallMs: number) {
    this.#socket = socket;
    this.#calls = calls;
    this.#stallMs = stallMs;
    this.established = new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('close', () => {
        this.#over ??= 'it has closed the connection';
        reject(new Error(this.#over));
      });
    });
    // Whoever does not wait for it any more.
    this.established.catch(() => undefined);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('error', (error) => {
      this.#over ??= error.message;
    });
    socket.on('end', () => {
      this.#over ??= 'it has closed the connection';
      socket.destroy();
    });
    // Else its end would not be seen.
    socket.resume();
  }

  /** Why it can be used no more. */
  get over(): string | undefined {
    return this.#over;
  }

  /** Ends when the other side has all of it: for a Unix socket, has read it. Rejects when that cannot be known any more. */
  async write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    this.#socket.write(bytes);
    let remaining = Infinity;
    let stallAtMs = performance.now() + this.#stallMs;
    for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(2 * lookMs, LAST_LOOK_MS)) {
      await pause(lookMs, undefined, { signal });
      if (this.#over !== undefined) throw new Error(this.#over);
      const left = this.#unsentBytes();
      if (left === 0) return;
      if (left < remaining) {
        stallAtMs = performance.now() + this.#stallMs;
        lookMs = FIRST_LOOK_MS;
      }
      remaining = left;
      if (performance.now() > stallAtMs) throw new Error('it does not take what is sent');
    }
  }

  close(): void {
    this.#over ??= 'it is closed';
    this.#socket.destroy();
  }

  /** Of Node's buffer and of the kernel's. */
  #unsentBytes(): number {
    const { writableLength } = this.#socket;
    if (writableLength > 0) return writableLength + 1;
    const fd = descriptorOf(this.#socket);
    if (fd === undefined) throw new Error(this.#over ?? 'it has closed the connection');
    const unsent = this.#calls.unsentBytes(fd);
    // Without SIOCOUTQ, that the kernel has it is all that can be known.
    return unsent.ok ? unsent.value : 0;
  }
}

/** Node has no public name for it. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined;
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}
