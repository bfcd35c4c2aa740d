// One JSON object for each line or record, with pino's field names. A line that is a JSON object already stays as it is, to the last digit; what
// Bosun knows goes in under one key at its end. Works on a block as one string with a character for each byte: V8 puts it together from pieces.
import { isUtf8 } from 'node:buffer';
import type { LogBlock } from '../../core/log-message.ts';
import type { FormatBlock } from '../ports.ts';
import { EscapedLines } from './escaped-lines.ts';
import { ObjectLines } from './json-object.ts';
import { encodeLatin1, toLatin1 } from './latin1.ts';
import { detectLevel, type Level } from './level.ts';
import type { OutputBuffer } from './output-buffer.ts';

const BRACE = 0x7b;

export function createJsonFormat(output: OutputBuffer): FormatBlock {
  return (block) =>
    output.fill(block.ends === 'line' ? formatLines(block) : formatWhole(block, block.ends === 'continues'));
}

function formatLines(block: LogBlock): string {
  const text = toLatin1(block.bytes);
  const areUtf8 = isUtf8(block.bytes);
  const heads = new Heads(block);
  const escaped = new EscapedLines(text);
  const objects = new ObjectLines(text);
  const source = `"bosun":${sourceOf(block)}}`;
  let result = '';
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\n', start);
    const isText = areUtf8 || isUtf8(block.bytes.subarray(start, end));
    const seam = isText && text.charCodeAt(start) === BRACE ? objects.seamOf(start, end) : undefined;
    if (seam !== undefined) {
      escaped.skip();
      const comma = seam.keys === 'none' ? '' : ',';
      result += text.slice(start, seam.brace) + comma + source + text.slice(seam.brace + 1, end + 1);
    } else if (isText) {
      result += heads.before(text, start, end) + escaped.take(start, end) + '"}\n';
    } else {
      escaped.skip();
      result += heads.before(text, start, end) + describeBytes(block.bytes.subarray(start, end)) + '}\n';
    }
    start = end + 1;
  }
  return result;
}

/** A record, or a piece of a line. */
function formatWhole(block: LogBlock, continues: boolean): string {
  const bytes = continues ? block.bytes : block.bytes.subarray(0, -1);
  const text = toLatin1(bytes);
  const firstEnd = text.indexOf('\n');
  const before = new Heads(block).before(text, 0, firstEnd < 0 ? text.length : firstEnd);
  const message = isUtf8(bytes) ? `${JSON.stringify(text).slice(1, -1)}"` : describeBytes(bytes);
  return `${before}${message}${continues ? ',"continues":true' : ''}}\n`;
}

function sourceOf({ service, stream, timeMs, pid }: LogBlock): string {
  return encodeLatin1(JSON.stringify({ service, stream, time: timeMs, pid }));
}

/** JSON text is UTF-8; bytes that are not survive beside their readable form. */
function describeBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const readable = encodeLatin1(JSON.stringify(buffer.toString()).slice(1));
  return `${readable},"base64":"${buffer.toString('base64')}"`;
}

/** What stands before the message, once for each level. */
class Heads {
  readonly #rest: string;
  readonly #byLevel: Partial<Record<Level, string>> = {};

  constructor({ timeMs, pid, service, stream }: LogBlock) {
    const name = encodeLatin1(JSON.stringify(service));
    this.#rest = `"time":${timeMs},"pid":${pid},"service":${name},"stream":"${stream}","msg":"`;
  }

  before(text: string, start: number, end: number): string {
    const level = detectLevel(text, start, end);
    return (this.#byLevel[level] ??= `{"level":${level},${this.#rest}`);
  }
}
