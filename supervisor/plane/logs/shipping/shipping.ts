// All remote sinks of the logs: a courier for each, which nothing that happens to another holds up. What they need is loaded when there is a
// sink: most fleets have none.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogSettings } from '../../../core/log-message.ts';
import type { LogSinkSpec } from '../../../core/log-spec.ts';
import type { BackOffOptions } from './back-off.ts';
import type { Courier } from './courier.ts';
import { describeNotice, type SinkMessage } from './sink-message.ts';
import { readSinkStatus, type SinkStatus } from './sink-status.ts';
import { LossTeller } from './loss-teller.ts';
import type { SocketCalls } from './socket-calls.ts';

const CURSOR_MS = 50;

export type ShippingOptions = {
  readonly settings: Pick<LogSettings, 'spoolDir' | 'sinks'>;
  readonly calls: SocketCalls;
  /** A line of Bosun's own. */
  readonly tell: (message: SinkMessage) => void;
  /** For tests. */
  readonly times?: {
    readonly backOff?: BackOffOptions;
    readonly lingerMs?: number;
    readonly stallMs?: number;
    readonly worthTellingMs?: number;
  };
};

type Sink = {
  readonly spec: LogSinkSpec;
  readonly courier: Courier;
  readonly place: string;
  readonly directory: string;
};

export class Shipping {
  readonly #options: ShippingOptions;
  readonly #tellers: LossTeller[] = [];
  #sinks: readonly Sink[] = [];
  #runs: Promise<unknown> = Promise.resolve();
  #life: 'new' | 'working' | 'finishing' = 'new';

  constructor(options: ShippingOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#life !== 'new' || this.#options.settings.sinks.length === 0) return;
    this.#life = 'working';
    this.#runs = this.#run().catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.tell({ level: 'error', text: `logs are not forwarded: ${why}`, fields: {} });
    });
  }

  /** Something may have been written to a queue. Not needed where inotify(7) works. */
  poke(): void {
    for (const { courier } of this.#sinks) courier.poke();
  }

  /** Sends what there is, as far as it is taken at once; the rest stays for the next start. `untilMs`: of performance.now(). Never rejects. */
  async finish(untilMs: number): Promise<void> {
    this.#life = 'finishing';
    for (const { courier } of this.#sinks) courier.finish();
    await Promise.race([this.#runs, pauseUntil(untilMs)]);
    for (const { courier } of this.#sinks) courier.stop();
    // For a cursor that is being written; a disk that does not answer is not waited for.
    await Promise.race([this.#runs, pauseUntil(performance.now() + CURSOR_MS)]);
    for (const teller of this.#tellers) teller.flush();
  }

  /** One for each sink of the configuration. What is queued is counted on the disk. Rejects when that cannot be read. */
  status(): Promise<readonly SinkStatus[]> {
    return Promise.all(this.#sinks.map((sink) => readSinkStatus(sink)));
  }

  async #run(): Promise<void> {
    const { createSink } = await import('./create-sink.ts');
    const { settings, times, calls } = this.#options;
    const lookup = await boundedLookup();
    this.#sinks = settings.sinks.map((spec) => {
      const directory = join(settings.spoolDir, spec.name);
      const teller = new LossTeller((notice) => {
        this.#options.tell(describeNotice(spec.name, notice));
      });
      this.#tellers.push(teller);
      const tell = teller.take.bind(teller);
      return {
        spec,
        directory,
        ...createSink({ spec, directory, tell, times, parts: { calls, lookup, stallMs: times?.stallMs } }),
      };
    });
    // Asked to finish while it was loading.
    if (this.#hasToFinish()) for (const { courier } of this.#sinks) courier.finish();
    await Promise.all(this.#sinks.map(({ courier }) => courier.run()));
  }

  #hasToFinish(): boolean {
    return this.#life === 'finishing';
  }
}

function pauseUntil(atMs: number): Promise<void> {
  return pause(Math.max(0, atMs - performance.now()), undefined, { ref: false });
}

async function boundedLookup() {
  const { createBoundedLookup } = await import('./bounded-lookup.ts');
  return createBoundedLookup();
}
