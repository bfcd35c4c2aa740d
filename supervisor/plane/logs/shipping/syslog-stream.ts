// Syslog over TCP and over Unix stream sockets. RFC 6587, section 3.4.1: each message with its length before it, since its text may hold
// anything; on a Unix stream socket the traditional end of line, which is what the receivers on one expect. There a newline within a record is
// written as #012, as RFC 5424, section 6.4, lets one do it.
import { connectStream, type StreamConnection, type StreamTarget } from './stream-connection.ts';
import type { QueueEntry } from './queue-entry.ts';
import { away, taken, type Delivery } from './receiver.ts';
import type { SocketCalls } from './socket-calls.ts';
import { syslogMessages } from './syslog-message.ts';

const NEWLINE = Buffer.from('\n');

export type SyslogStreamOptions = {
  readonly target: StreamTarget;
  readonly facility: number;
  readonly calls: Pick<SocketCalls, 'unsentBytes'>;
  readonly stallMs?: number | undefined;
};

export class SyslogStream {
  readonly #options: SyslogStreamOptions;
  #connection: StreamConnection | undefined;

  constructor(options: SyslogStreamOptions) {
    this.#options = options;
  }

  /** All of them again when the connection ends before the other side has them: some may come twice. */
  async send(entries: readonly QueueEntry[], signal: AbortSignal): Promise<Delivery> {
    const { target, facility } = this.#options;
    const frame = target.kind === 'tcp' ? counted : ended;
    const frames = entries.flatMap((entry) => syslogMessages(entry, facility).flatMap(frame));
    try {
      const connection = await this.#connect(signal);
      await connection.write(Buffer.concat(frames), signal);
      return taken(entries.length);
    } catch (error) {
      this.close();
      signal.throwIfAborted();
      return away(error instanceof Error ? error.message : String(error));
    }
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #connect(signal: AbortSignal): Promise<StreamConnection> {
    if (this.#connection?.over === undefined && this.#connection !== undefined) return this.#connection;
    const { target, calls, stallMs } = this.#options;
    this.#connection = await connectStream(target, calls, signal, stallMs);
    return this.#connection;
  }
}

function counted(message: Buffer): readonly Buffer[] {
  return [Buffer.from(`${message.length} `), message];
}

function ended(message: Buffer): readonly Buffer[] {
  if (!message.includes(NEWLINE)) return [message, NEWLINE];
  return [Buffer.from(message.toString('latin1').replaceAll('\n', '#012'), 'latin1'), NEWLINE];
}
