// `logs` of a service, laid over the defaults of bosun.yaml, to the specification of the core.
import { join, resolve } from 'node:path';
import type { LogFileSpec, LogPlaces, LogSpec } from '../core/log-spec.ts';
import type { LogFileKeys } from './log-file-schema.ts';
import type { FleetLogsFile, ServiceLogsFile } from './logs-schema.ts';

/** Of files; what is not known is Bosun's own. */
export type LogOwner = { readonly uid: number | undefined; readonly gid: number | undefined };

export type LogParts = {
  readonly service: string;
  readonly own: ServiceLogsFile;
  readonly defaults: FleetLogsFile;
  readonly places: LogPlaces;
  readonly owner: LogOwner;
  /** Of its secrets. */
  readonly fileValues: readonly string[];
};

export function toLogSpec({ service, own, defaults, places, owner, fileValues }: LogParts): LogSpec {
  const keys = fileKeysOf(own, defaults);
  return {
    format: own.format ?? places.format,
    stdout: own.stdout ? 'shown' : 'hidden',
    file: keys === undefined ? undefined : toFile(keys, join(places.directory, service), owner),
    multiline:
      own.multiline === undefined
        ? undefined
        : { firstLine: own.multiline.first_line, timeoutMs: own.multiline.timeout },
    redact: {
      names: joined(defaults.redact, own.redact),
      fileValues,
      patterns: joined(defaults.redact_patterns, own.redact_patterns),
    },
    // One that came into bosun.yaml after Bosun was started is not there yet.
    forward: joined(defaults.forward, own.forward).filter((name) => places.sinks.includes(name)),
  };
}

function joined(some: readonly string[], others: readonly string[]): readonly string[] {
  return [...new Set([...some, ...others])];
}

/** Undefined: no files. A map says how, and by that also that there are some. */
export function fileKeysOf(
  own: Pick<ServiceLogsFile, 'file'>,
  defaults: Pick<FleetLogsFile, 'file'>,
): LogFileKeys | undefined {
  const isWanted = (own.file ?? defaults.file ?? false) !== false;
  return isWanted ? { ...keysOf(defaults.file), ...keysOf(own.file) } : undefined;
}

function keysOf(written: ServiceLogsFile['file']): LogFileKeys {
  return typeof written === 'object' ? written : {};
}

/** As the schema tells them. */
export const MAX_FILE_BYTES = 10 * 1024 * 1024;
const ROTATED_FILES = 5;
const FILE_MODE = 0o640;

function toFile(keys: LogFileKeys, usualDirectory: string, { uid, gid }: LogOwner): LogFileSpec {
  return {
    directory: resolve(keys.path ?? usualDirectory),
    format: keys.format ?? 'timed',
    maxBytes: keys.max_size ?? MAX_FILE_BYTES,
    maxAgeMs: keys.max_age ?? 0,
    keep: keys.keep ?? ROTATED_FILES,
    totalBytes: keys.total ?? 0,
    compress: keys.compress ?? 'gzip',
    mode: keys.mode ?? FILE_MODE,
    uid,
    gid,
  };
}
