// Traces, when a collector is configured: events in, spans out. A collector that is away costs spans and nothing else; what is wrong with it is said
// once in a while.
import { hostname } from 'node:os';
import type { RecordedEvent } from '../../core/event.ts';
import type { TracingSpec } from '../../core/plane-message.ts';
import type { OwnLog } from '../logs/own-log.ts';
import type { SpanSink } from './otel-spans.ts';
import type { SpanEdge } from './span-edge.ts';
import { SpanPlan } from './span-plan.ts';

/** While the packages are being loaded. */
const MOST_WAITING_EDGES = 10_000;
const COMPLAINT_PAUSE_MS = 60_000;

export type TracingOptions = {
  readonly spec: TracingSpec;
  readonly version: string;
  readonly enginePid: number;
  readonly log: OwnLog;
};

export class Tracing {
  readonly #plan = new SpanPlan();
  readonly #log: OwnLog;
  readonly #loaded: Promise<void>;
  #sink: SpanSink | undefined;
  #waiting: SpanEdge[] = [];
  #complainedAtMs = -Infinity;

  constructor({ spec, version, enginePid, log }: TracingOptions) {
    this.#log = log;
    const complain = (text: string): void => {
      this.#complain(text);
    };
    this.#loaded = import('./otel-spans.ts')
      .then(({ createSpanSink }) => {
        this.#begin(createSpanSink({ spec, version, host: hostname(), pid: enginePid, complain }));
      })
      .catch((error: unknown) => {
        this.#waiting = [];
        complain(String(error));
      });
  }

  take(recorded: RecordedEvent): void {
    for (const edge of this.#plan.take(recorded)) {
      if (this.#sink !== undefined) this.#sink.take(edge);
      else if (this.#waiting.length < MOST_WAITING_EDGES) this.#waiting.push(edge);
    }
  }

  /** Never rejects, and takes no longer than that. */
  async finish(untilMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, Math.max(0, untilMs - performance.now()), undefined);
    await Promise.race([this.#loaded.then(() => this.#sink?.flush()), promise]);
    clearTimeout(timer);
  }

  #begin(sink: SpanSink): void {
    this.#sink = sink;
    for (const edge of this.#waiting) sink.take(edge);
    this.#waiting = [];
  }

  #complain(text: string): void {
    const nowMs = performance.now();
    if (nowMs - this.#complainedAtMs < COMPLAINT_PAUSE_MS) return;
    this.#complainedAtMs = nowMs;
    this.#log({ level: 'warn', text: `traces: ${text}` });
  }
}
