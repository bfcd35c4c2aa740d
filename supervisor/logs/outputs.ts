// The outputs of all services, as the configuration has them at the moment, and the lines of the logs' own about themselves.
import { isDeepStrictEqual } from 'node:util';
import type {
  FromLogs,
  LogReply,
  LogSettings,
  LogSource,
  HeldBlock,
  RingMoment,
} from '../core/log-message.ts';
import type { LogFormat } from '../core/log-spec.ts';
import { createRotatingFiles } from './files/rotating-files.ts';
import { createFileFormat, createFormat } from './format/formats.ts';
import { OutputBuffer } from './format/output-buffer.ts';
import { LineRing } from './line-ring.ts';
import { ServiceOutput, type FileOutput, type SharedOutputs } from './service-output.ts';
import type { FormatBlock, Redact, StoreObserver } from './ports.ts';
import { createLongLineCut } from './redaction/long-line-cut.ts';
import { createRedactor } from './redaction/redactor.ts';
import { Tally } from './tally.ts';
import { TroubleMemory } from './trouble-memory.ts';

/** The name that Bosun's own lines carry. No service can have it twice: an operator's own `bosun` service is told by its pid. */
const OWN_NAME = 'bosun';
/** pino's number. */
const WARN = 40;
const RING_BYTES = 102_400;
const ALL_RINGS_BYTES = 8_388_608;

export type OutputsOptions = SharedOutputs & {
  readonly settings: LogSettings;
  /** Whether standard output is a terminal. */
  readonly terminal: boolean;
  readonly post: (message: FromLogs) => void;
  readonly reply: (reply: LogReply) => void;
};

type Creation = {
  readonly names: readonly string[];
  /** What it was until now. */
  readonly stays: ServiceOutput | undefined;
  readonly ring: LineRing;
};

export class Outputs {
  readonly #options: OutputsOptions;
  #outputs = new Map<string, ServiceOutput>();
  /** Of services that are gone from the configuration, until their pipes are at their end. */
  readonly #leaving = new Map<string, ServiceOutput>();
  #formatOwn: FormatBlock;
  /** Of all formats: each output is used up before the next is made. */
  readonly #output = new OutputBuffer();

  constructor(options: OutputsOptions) {
    this.#options = options;
    this.#formatOwn = this.#createFormat(options.settings.format, [OWN_NAME]);
  }

  /** These and no others from now on. Of one that stays the newest lines are kept, and its files if they are to be the same. */
  serve(sources: readonly LogSource[]): void {
    const former = this.#outputs;
    const ringBytes = Math.min(RING_BYTES, Math.floor(ALL_RINGS_BYTES / Math.max(1, sources.length)));
    const names = [OWN_NAME, ...sources.map(({ service }) => service)];
    this.#formatOwn = this.#createFormat(this.#options.settings.format, names);
    this.#outputs = new Map(
      sources.map((source) => {
        const stays = former.get(source.service) ?? this.#leaving.get(source.service);
        this.#leaving.delete(source.service);
        const ring = stays?.parts.ring ?? new LineRing(ringBytes);
        return [source.service, this.#create(source, { names, stays, ring })] as const;
      }),
    );
    for (const [name, output] of former) if (!this.#outputs.has(name)) this.#leaving.set(name, output);
  }

  /** Its last pipe is at its end. */
  left(service: string): void {
    this.#leaving.get(service)?.parts.file?.files.close();
    this.#leaving.delete(service);
  }

  /** Throws for a service that was never named. */
  of(service: string): ServiceOutput {
    const output = this.#outputs.get(service) ?? this.#leaving.get(service);
    if (output === undefined) throw new Error(`nobody has said what becomes of the output of ${service}`);
    return output;
  }

  newest(services: readonly string[], lines: number): readonly HeldBlock[] {
    return services.flatMap((service) => this.#outputs.get(service)?.parts.ring.newest(lines) ?? []);
  }

  /** Undefined: it is not configured. */
  momentOf(service: string): RingMoment | undefined {
    return this.#outputs.get(service)?.parts.ring.moment;
  }

  get dueAtMs(): number {
    let dueAtMs = this.#options.spool.dueAtMs;
    for (const files of this.#files()) dueAtMs = Math.min(dueAtMs, files.dueAtMs);
    return dueAtMs;
  }

  tick(nowMs: number): void {
    for (const files of [this.#options.spool, ...this.#files()])
      if (files.dueAtMs <= nowMs) files.tick(nowMs);
  }

  close(): void {
    for (const files of [this.#options.spool, ...this.#files()]) files.close();
  }

  #files(): readonly FileOutput['files'][] {
    return [...this.#outputs.values(), ...this.#leaving.values()].flatMap(
      ({ parts }) => parts.file?.files ?? [],
    );
  }

  /** A line of Bosun's own that is not JSON already. */
  showOwn(text: string): Uint8Array {
    const { enginePid: pid } = this.#options.settings;
    const bytes = Buffer.from(`${text}\n`);
    return this.#formatOwn({
      service: OWN_NAME,
      pid,
      stream: 'stdout',
      timeMs: Date.now(),
      bytes,
      ends: 'line',
    });
  }

  lossNotice(lines: number, errno: string | undefined): Uint8Array {
    const { format, enginePid: pid } = this.#options.settings;
    const text = lossText(lines, errno);
    if (format !== 'json') return this.showOwn(format === 'raw' ? `${OWN_NAME}: ${text}` : text);
    const fields = { level: WARN, time: Date.now(), pid, service: OWN_NAME, dropped: lines, msg: text };
    return Buffer.from(`${JSON.stringify(fields)}\n`);
  }

  #create(source: LogSource, { names, stays, ring }: Creation): ServiceOutput {
    const { logs } = source;
    const tally = new Tally(source.tally);
    const parts = {
      source,
      tally,
      format: this.#createFormat(logs.format, names),
      redact: this.#createRedactor(source),
      keepWhole: createLongLineCut(source.secrets),
      file: this.#createFiles(source, stays),
      ring,
    };
    return new ServiceOutput(parts, this.#options);
  }

  #createRedactor({ service, secrets, logs }: LogSource): Redact {
    const tell = (text: string): void => {
      this.#options.post({ type: 'unusable', service, text });
    };
    // By its place: it may hold what it masks.
    const nameOf = (pattern: string): string => `redact_patterns[${logs.redact.patterns.indexOf(pattern)}]`;
    return createRedactor({
      secrets,
      patterns: logs.redact.patterns,
      onUnusable: (pattern) => {
        tell(`${nameOf(pattern)} cannot be used: nothing is masked by it`);
      },
      onGivenUp: (pattern) => {
        tell(`${nameOf(pattern)} takes too long: lines on which it might are masked as a whole`);
      },
    });
  }

  #createFiles(
    { service, tally, logs: { file } }: LogSource,
    stays: ServiceOutput | undefined,
  ): FileOutput | undefined {
    const former = stays?.parts;
    if (file !== undefined && isDeepStrictEqual(file, former?.source.logs.file)) return former?.file;
    former?.file?.files.close();
    if (file === undefined) return undefined;
    const memory = new TroubleMemory(tally, 'file');
    const files = createRotatingFiles(file, service, this.#observe(service), memory);
    return { format: createFileFormat(file.format, this.#output), files };
  }

  #observe(service: string): StoreObserver {
    const { post, reply } = this.#options;
    return {
      failed: (store, errno, text) => {
        post({ type: 'store-failed', store, errno, text });
      },
      recovered: (store, droppedLines) => {
        post({ type: 'store-recovered', store, droppedLines });
      },
      rotated: (path) => {
        reply({ type: 'rotated', service, path });
      },
    };
  }

  #createFormat(format: LogFormat, names: readonly string[]): FormatBlock {
    const color = this.#options.terminal && (process.env['NO_COLOR'] ?? '') === '';
    return createFormat(format, { names, color }, this.#output);
  }
}

function lossText(lines: number, errno: string | undefined): string {
  const why =
    errno === undefined
      ? 'the reader of standard output did not keep up'
      : `write(2) to standard output failed with ${errno}`;
  return `${lines} log ${lines === 1 ? 'line was' : 'lines were'} dropped: ${why}`;
}
