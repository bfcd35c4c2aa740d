// Syslog to a socket in this container, such as /dev/log: a datagram socket usually, with some receivers a stream. Which one it is, connect(2)
// tells each time.
import { setTimeout as pause } from 'node:timers/promises';
import type { QueueEntry } from './queue-entry.ts';
import { away, taken, type Delivery } from './receiver.ts';
import type { SocketCalls, SocketResult } from './socket-calls.ts';
import { syslogMessages } from './syslog-message.ts';
import { SyslogStream } from './syslog-stream.ts';

/** A receiver that does not read for so long is away. */
const STALL_MS = 30_000;
const FIRST_LOOK_MS = 1;
const LAST_LOOK_MS = 64;
/** In one turn of the loop. */
const BURST = 64;

export type SyslogUnixOptions = {
  readonly path: string;
  readonly facility: number;
  readonly calls: SocketCalls;
  readonly stallMs?: number | undefined;
};

type Way = { readonly kind: 'datagram'; readonly fd: number } | { readonly kind: 'stream' };

export class SyslogUnix {
  readonly #options: SyslogUnixOptions;
  readonly #stream: SyslogStream;
  #way: Way | undefined;

  constructor(options: SyslogUnixOptions) {
    this.#options = options;
    const { path, facility, calls, stallMs } = options;
    this.#stream = new SyslogStream({ target: { kind: 'unix', path }, facility, calls, stallMs });
  }

  async send(entries: readonly QueueEntry[], signal: AbortSignal): Promise<Delivery> {
    const way = this.#open();
    if (!way.ok) return away(`connect(2) says ${way.errno}`);
    const { value } = way;
    const delivery =
      value.kind === 'stream'
        ? await this.#stream.send(entries, signal)
        : await this.#sendAll(value.fd, entries, signal);
    if (delivery.kind === 'away') this.close();
    return delivery;
  }

  close(): void {
    if (this.#way?.kind === 'datagram') this.#options.calls.closeDatagram(this.#way.fd);
    this.#way = undefined;
    this.#stream.close();
  }

  #open(): SocketResult<Way> {
    if (this.#way !== undefined) return { ok: true, value: this.#way };
    const opened = this.#options.calls.openDatagram(this.#options.path);
    if (!opened.ok && opened.errno !== 'EPROTOTYPE') return opened;
    this.#way = opened.ok ? { kind: 'datagram', fd: opened.value } : { kind: 'stream' };
    return { ok: true, value: this.#way };
  }

  /** The kernel holds them for the receiver; what it has not read when it ends is lost with it. */
  async #sendAll(fd: number, entries: readonly QueueEntry[], signal: AbortSignal): Promise<Delivery> {
    for (const [index, entry] of entries.entries()) {
      for (const message of syslogMessages(entry, this.#options.facility)) {
        const errno = await this.#sendOne(fd, message, signal);
        if (errno === undefined) continue;
        // What was before it has arrived, and need not come twice.
        return index > 0 ? taken(index) : away(`send(2) says ${errno}`);
      }
      if (index % BURST === BURST - 1) await pause(0, undefined, { signal });
    }
    return taken(entries.length);
  }

  async #sendOne(fd: number, message: Buffer, signal: AbortSignal): Promise<string | undefined> {
    const stallAtMs = performance.now() + (this.#options.stallMs ?? STALL_MS);
    for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(2 * lookMs, LAST_LOOK_MS)) {
      const sent = this.#options.calls.sendDatagram(fd, message);
      if (sent.ok) return undefined;
      if (sent.errno !== 'EAGAIN' && sent.errno !== 'EINTR' && sent.errno !== 'ENOBUFS') return sent.errno;
      if (performance.now() > stallAtMs) return sent.errno;
      await pause(lookMs, undefined, { signal });
    }
  }
}
