// What becomes of a service's output, as its file and bosun.yaml say it: every default filled in, every unit in the name.

/** On Bosun's standard output. `json` has pino's field names. */
export type LogFormat = 'json' | 'prefix' | 'raw';

/** In files. `timed`: an RFC 3339 time in UTC with milliseconds, the stream, then the line, as in `2026-11-21T14:20:30.123Z stdout ready`. */
export type LogFileFormat = 'timed' | 'json' | 'raw';

export type LogSpec = {
  readonly format: LogFormat;
  /** Whether its lines go to Bosun's standard output. */
  readonly stdout: 'shown' | 'hidden';
  readonly file: LogFileSpec | undefined;
  readonly multiline: MultilineSpec | undefined;
  readonly redact: RedactSpec;
  /** Names of `logSinks`. */
  readonly forward: readonly string[];
};

/** Where nothing is said. */
export const DEFAULT_LOGS: LogSpec = {
  format: 'json',
  stdout: 'shown',
  file: undefined,
  multiline: undefined,
  redact: { names: [], fileValues: [], patterns: [] },
  forward: [],
};

/** What bosun.yaml and the options have settled when Bosun starts, for as long as it lives. */
export type LogPlaces = {
  /** Of services that name none. */
  readonly format: LogFormat;
  /** An absolute path: a service that names none has its files in a directory of its name below it. */
  readonly directory: string;
  /** The names of the sinks. */
  readonly sinks: readonly string[];
};

/** `DIRECTORY/current.log` and the files rotated from it; only Bosun writes there. A limit of 0 is none. */
export type LogFileSpec = {
  readonly directory: string;
  readonly format: LogFileFormat;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** Of rotated files. */
  readonly keep: number;
  /** Of all its files together, the current one included. */
  readonly totalBytes: number;
  readonly compress: 'none' | 'gzip' | 'zstd';
  readonly mode: number;
  /** Undefined: Bosun's own. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
};

/** Lines that do not begin a record belong to the one before them: a stack trace. */
export type MultilineSpec = {
  /** A regular expression (flag v), tried at each line without its colours. */
  readonly firstLine: string;
  /** A record is complete when nothing was added for this long. */
  readonly timeoutMs: number;
};

export type RedactSpec = {
  /** Of variables in the service's environment, whose values are masked. */
  readonly names: readonly string[];
  /** What is in the files that its variables NAME_FILE name, when the configuration was loaded. */
  readonly fileValues: readonly string[];
  /** Regular expressions (flag v); what they match is masked. */
  readonly patterns: readonly string[];
};

/** Where lines go beside standard output and files. */
export type LogSinkSpec = {
  readonly name: string;
  readonly target: LogTarget;
  /** What waits on the disk for a receiver that is away; beyond it the oldest is dropped and counted. */
  readonly queueBytes: number;
};

export type LogTarget =
  | {
      readonly kind: 'syslog';
      readonly transport:
        | { readonly kind: 'unix'; readonly path: string }
        | { readonly kind: 'udp'; readonly host: string; readonly port: number }
        | { readonly kind: 'tcp'; readonly host: string; readonly port: number };
      /** RFC 5424, section 6.2.1: 0 to 23. */
      readonly facility: number;
    }
  | { readonly kind: 'otlp'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
  | {
      readonly kind: 'loki';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly labels: Readonly<Record<string, string>>;
    };
