// Syslog over UDP, RFC 5426: a message is a datagram. What is lost on the way nobody learns; only that nobody listens on the host is told,
// by ICMP, a moment later.
import { createSocket, type Socket } from 'node:dgram';
import type { LookupFunction } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { QueueEntry } from './queue-entry.ts';
import { away, taken, type Delivery } from './receiver.ts';
import { syslogMessages } from './syslog-message.ts';

/** For the answer of a host nearby that nobody listens there. */
const REFUSAL_MS = 5;

export type SyslogUdpOptions = {
  readonly host: string;
  readonly port: number;
  readonly facility: number;
  readonly lookup: LookupFunction;
};

type Open = { readonly socket: Socket; failure: string | undefined };

export class SyslogUdp {
  readonly #options: SyslogUdpOptions;
  #open: Open | undefined;

  constructor(options: SyslogUdpOptions) {
    this.#options = options;
  }

  async send(entries: readonly QueueEntry[], signal: AbortSignal): Promise<Delivery> {
    try {
      const open = (this.#open ??= await this.#connect());
      for (const entry of entries) {
        for (const message of syslogMessages(entry, this.#options.facility)) await sendOne(open, message);
        signal.throwIfAborted();
      }
      await pause(REFUSAL_MS, undefined, { signal });
      if (open.failure !== undefined) throw new Error(open.failure);
      return taken(entries.length);
    } catch (error) {
      this.close();
      signal.throwIfAborted();
      return away(error instanceof Error ? error.message : String(error));
    }
  }

  close(): void {
    this.#open?.socket.close();
    this.#open = undefined;
  }

  /** Looked up anew after each failure. */
  async #connect(): Promise<Open> {
    const { host, port, lookup } = this.#options;
    const { address, family } = await resolveHost(host, lookup);
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4' });
    const open: Open = { socket, failure: undefined };
    // Idle, it is not what keeps the thread alive.
    socket.unref();
    await new Promise<void>((resolve, reject) => {
      socket.on('error', (error) => {
        open.failure ??= error.message;
        reject(error);
      });
      socket.connect(port, address, resolve);
    });
    return open;
  }
}

async function sendOne(open: Open, message: Buffer): Promise<void> {
  if (open.failure !== undefined) throw new Error(open.failure);
  const send = promisify((done: (error: Error | null) => void) => {
    open.socket.send(message, done);
  });
  await send();
}

function resolveHost(
  host: string,
  lookup: LookupFunction,
): Promise<{ readonly address: string; readonly family: number }> {
  return new Promise((resolve, reject) => {
    lookup(host, {}, (error, address, family) => {
      if (error !== null) reject(error);
      else if (typeof address === 'string') resolve({ address, family: family ?? 4 });
      else reject(new Error(`${host} has no address`));
    });
  });
}
