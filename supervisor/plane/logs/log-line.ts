// A line of a service's output, and how one is shown in each log format. Bytes in, bytes out.
import { isUtf8 } from 'node:buffer';
import type { OutputStream, PlaneSettings } from '../../core/plane-message.ts';

export type LogLine = {
  readonly service: string;
  /** The leader's pid; undefined once it is gone. */
  readonly pid: number | undefined;
  readonly stream: OutputStream;
  readonly timeMs: number;
  /** Without the newline, at most 64 KiB. */
  readonly bytes: Buffer;
  /** The next line goes on with it. */
  readonly continues: boolean;
};

export type LogFormat = PlaneSettings['logFormat'];
/** The line with its newline. */
export type FormatLine = (line: LogLine) => Buffer;

const NEWLINE = Buffer.from('\n');
const CONTINUES = Buffer.from(' [bosun: longer than 64 KiB, goes on in the next line]');
/** pino's number for info. What a line means only its service knows, so all of them are of this level. */
const INFO = 30;

export function createFormat(format: LogFormat, options: PrefixOptions): FormatLine {
  switch (format) {
    case 'json':
      return formatJson;
    case 'prefix':
      return createPrefixFormat(options);
    case 'raw':
      return formatRaw;
  }
}

export function formatRaw({ bytes, continues }: LogLine): Buffer {
  return Buffer.concat(continues ? [bytes, CONTINUES, NEWLINE] : [bytes, NEWLINE]);
}

export type PrefixOptions = { readonly names: readonly string[]; readonly color: boolean };

const WIDEST_NAME = 24;
/** Cyan, yellow, green, magenta, blue: readable on light and on dark, and red stays free for errors. */
const COLORS = [36, 33, 32, 35, 34];

/** `caddy           | line`, as Compose shows them; aligned to the longest of the names. */
export function createPrefixFormat({ names, color }: PrefixOptions): FormatLine {
  const width = Math.min(WIDEST_NAME, Math.max(0, ...names.map((name) => name.length)));
  const prefixes = new Map(names.map((name, index) => [name, createPrefix(name, index, width, color)]));
  return (line) => {
    const prefix = prefixes.get(line.service) ?? addPrefix(line.service);
    return Buffer.concat([prefix, formatRaw(line)]);
  };

  /** A later configuration has added it. */
  function addPrefix(name: string): Buffer {
    const prefix = createPrefix(name, prefixes.size, width, color);
    prefixes.set(name, prefix);
    return prefix;
  }
}

function createPrefix(name: string, index: number, width: number, color: boolean): Buffer {
  const text = `${name.padEnd(width)} | `;
  const sequence = COLORS[index % COLORS.length] ?? 0;
  return Buffer.from(color ? `\u001b[${sequence}m${text}\u001b[0m` : text);
}

export function formatJson(line: LogLine): Buffer {
  const passed = passJsonObject(line);
  return Buffer.from(`${passed ?? wrapText(line)}\n`);
}

/**
 * A line that is a JSON object already stays as it is, to the last digit of its numbers; what Bosun knows goes in under
 * one key at its end.
 */
function passJsonObject(line: LogLine): string | undefined {
  const { bytes } = line;
  if (line.continues || bytes[0] !== 0x7b || !isUtf8(bytes)) return undefined;
  const text = bytes.toString().trimEnd();
  if (!text.endsWith('}')) return undefined;
  const keys = parseKeys(text);
  if (keys === undefined || keys.includes('bosun')) return undefined;
  const comma = keys.length === 0 ? '' : ',';
  return `${text.slice(0, -1)}${comma}"bosun":${JSON.stringify(sourceOf(line))}}`;
}

function parseKeys(text: string): readonly string[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? Object.keys(parsed) : undefined;
  } catch {
    return undefined;
  }
}

function sourceOf(line: LogLine): object {
  return { service: line.service, stream: line.stream, time: line.timeMs, pid: line.pid };
}

function wrapText(line: LogLine): string {
  return JSON.stringify({
    level: INFO,
    time: line.timeMs,
    pid: line.pid,
    service: line.service,
    stream: line.stream,
    msg: line.bytes.toString(),
    ...exactBytes(line.bytes),
    ...(line.continues ? { continues: true } : {}),
  });
}

/** JSON text is UTF-8; bytes that are not survive beside their readable form. */
export function exactBytes(bytes: Buffer): { readonly base64?: string } {
  return isUtf8(bytes) ? {} : { base64: bytes.toString('base64') };
}
