// The way back: what a service wrote, and when, from one line of its log file. Never throws: a line that is in another form than its file should
// be, as after a change of format, is taken as it is.
import { Buffer } from 'node:buffer';
import type { LogFileFormat } from '../../core/log-spec.ts';
import { MAX_LINE_BYTES, type OutputStream } from '../../core/plane-message.ts';
import { toLatin1 } from './latin1.ts';
import { CONTINUES_MARK } from './raw-format.ts';

export type FileLine = {
  /** Undefined: the file does not say so, or it belongs to the line before it, as the lines of a record after its first do in a `timed` file. */
  readonly timeMs: number | undefined;
  readonly stream: OutputStream | undefined;
  /** Without its newline. A record of a `json` file has newlines within. */
  readonly line: Uint8Array;
  /** The next line of the same stream goes on with it. */
  readonly continues: boolean;
};

/** `bytes`: without the newline. What it gives may be a view of them. */
export function parseFileLine(format: LogFileFormat, bytes: Uint8Array): FileLine {
  switch (format) {
    case 'timed':
      return parseTimed(bytes);
    case 'json':
      return parseJson(bytes);
    case 'raw':
      return parseRaw(bytes);
  }
}

/** A shorter line is no piece of a longer one, even where values in it were masked, but a line about such pieces. */
const SHORTEST_PIECE = MAX_LINE_BYTES / 2;

function parseRaw(bytes: Uint8Array): FileLine {
  const end = bytes.length - CONTINUES_MARK.length;
  const continues = end >= SHORTEST_PIECE && toLatin1(bytes.subarray(end)) === CONTINUES_MARK;
  return {
    timeMs: undefined,
    stream: undefined,
    line: continues ? bytes.subarray(0, end) : bytes,
    continues,
  };
}

const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (stdout|stderr)(\+?) /;
const LONGEST_STAMP = 33;
const TAB = 0x09;

function parseTimed(bytes: Uint8Array): FileLine {
  const stamp = STAMP.exec(toLatin1(bytes.subarray(0, LONGEST_STAMP)));
  const [whole = '', time = '', stream, plus] = stamp ?? [];
  const timeMs = Date.parse(time);
  if (Number.isNaN(timeMs)) return asItIs(bytes[0] === TAB ? bytes.subarray(1) : bytes);
  return {
    timeMs,
    stream: stream === 'stderr' ? 'stderr' : 'stdout',
    line: bytes.subarray(whole.length),
    continues: plus === '+',
  };
}

const SOURCE_KEY = '"bosun":{"service":';
const SOURCE = /"bosun":\{"service":"[^"]*","stream":"(stdout|stderr)","time":(\d+),"pid":\d+\}\}[\t\r ]*$/y;

function parseJson(bytes: Uint8Array): FileLine {
  const text = toLatin1(bytes);
  SOURCE.lastIndex = Math.max(0, text.lastIndexOf(SOURCE_KEY));
  const source = SOURCE.exec(text);
  return source === null ? parseWrapped(bytes) : parseMerged(bytes, text, source);
}

/** Ours is the last key; a line that was wrapped never ends with two braces. */
function parseMerged(bytes: Uint8Array, text: string, source: RegExpExecArray): FileLine {
  const [whole, stream, time] = source;
  const hasComma = text[source.index - 1] === ',';
  const spaces = whole.length - whole.trimEnd().length;
  const line = Buffer.concat([
    bytes.subarray(0, hasComma ? source.index - 1 : source.index),
    bytes.subarray(bytes.length - spaces - 1),
  ]);
  return { timeMs: Number(time), stream: stream === 'stderr' ? 'stderr' : 'stdout', line, continues: false };
}

function parseWrapped(bytes: Uint8Array): FileLine {
  const { time, stream, msg, base64, continues } = parseObject(bytes);
  if (typeof msg !== 'string') return asItIs(bytes);
  return {
    timeMs: typeof time === 'number' ? time : undefined,
    stream: stream === 'stdout' || stream === 'stderr' ? stream : undefined,
    line: typeof base64 === 'string' ? Buffer.from(base64, 'base64') : Buffer.from(msg),
    continues: continues === true,
  };
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function asItIs(line: Uint8Array): FileLine {
  return { timeMs: undefined, stream: undefined, line, continues: false };
}
