// What stands for each line of a block as JSON, one line after the other: the plain way, and the measure of the fast one. A line that is a JSON
// object already stays as it is, to the last digit; what Bosun knows goes in under one key at its end.
import { Buffer, isUtf8 } from 'node:buffer';
import type { LogBlock } from '../../core/log-message.ts';
import { ObjectLines, type Seam } from './json-object.ts';
import { encodeLatin1, toLatin1 } from './latin1.ts';
import { detectLevel, type Level } from './level.ts';

const BRACE = 0x7b;

export class JsonLines {
  readonly #bytes: Uint8Array;
  readonly #areUtf8: boolean;
  readonly #frame: JsonFrame;
  /** A character for each byte: V8 puts strings together from pieces of it. */
  readonly #text: string;
  readonly #objects: ObjectLines;

  /** `areUtf8`: its bytes, all together. */
  constructor(block: LogBlock, frame: JsonFrame, areUtf8: boolean) {
    this.#bytes = block.bytes;
    this.#areUtf8 = areUtf8;
    this.#frame = frame;
    this.#text = toLatin1(block.bytes);
    this.#objects = new ObjectLines(this.#text);
  }

  all(): string {
    let result = '';
    for (let start = 0; start < this.#text.length;) {
      const end = this.endOf(start);
      const seam = this.seamOf(start, end);
      result += seam === undefined ? this.wrap(start, end) : this.#insert(start, seam, end);
      start = end + 1;
    }
    return result;
  }

  /** The position of its newline. */
  endOf(start: number): number {
    return this.#text.indexOf('\n', start);
  }

  levelOf(start: number, end: number): Level {
    return detectLevel(this.#text, start, end);
  }

  /** Undefined: it is wrapped. What comes of lines that are asked for later depends on this one: see ObjectLines. */
  seamOf(start: number, end: number): Seam | undefined {
    if (this.#text.charCodeAt(start) !== BRACE || !this.#isUtf8(start, end)) return undefined;
    return this.#objects.seamOf(start, end);
  }

  wrap(start: number, end: number): string {
    const before = this.#frame.headOf(this.levelOf(start, end));
    return this.#isUtf8(start, end)
      ? `${before}${escape(this.#text.slice(start, end))}"}\n`
      : `${before}${describeBytes(this.#bytes.subarray(start, end))}}\n`;
  }

  #insert(start: number, { brace, keys }: Seam, end: number): string {
    const insertion = keys === 'none' ? this.#frame.insertion.slice(1) : this.#frame.insertion;
    return `${this.#text.slice(start, brace)}${insertion}${this.#text.slice(brace, end + 1)}`;
  }

  #isUtf8(start: number, end: number): boolean {
    return this.#areUtf8 || isUtf8(this.#bytes.subarray(start, end));
  }
}

/** A record, or a piece of a line. */
export function formatWhole(block: LogBlock, continues: boolean): string {
  const bytes = continues ? block.bytes : block.bytes.subarray(0, -1);
  const text = toLatin1(bytes);
  const firstEnd = text.indexOf('\n');
  const level = detectLevel(text, 0, firstEnd < 0 ? text.length : firstEnd);
  const message = isUtf8(bytes) ? `${escape(text)}"` : describeBytes(bytes);
  return `${new JsonFrame(block).headOf(level)}${message}${continues ? ',"continues":true' : ''}}\n`;
}

/** What Bosun knows of the lines of a block. */
export class JsonFrame {
  /** What goes into an object before its last brace; into one without keys, without its first character, which is the comma. */
  readonly insertion: string;
  readonly #rest: string;

  constructor({ timeMs, pid, service, stream }: LogBlock) {
    const name = encodeLatin1(JSON.stringify(service));
    this.insertion = `,"bosun":{"service":${name},"stream":"${stream}","time":${timeMs},"pid":${pid}}`;
    this.#rest = `"time":${timeMs},"pid":${pid},"service":${name},"stream":"${stream}","msg":"`;
  }

  /** What stands before the message. */
  headOf(level: Level): string {
    return `{"level":${level},${this.#rest}`;
  }
}

function escape(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** JSON text is UTF-8; bytes that are not survive beside their readable form. */
function describeBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const readable = encodeLatin1(JSON.stringify(buffer.toString()).slice(1));
  return `${readable},"base64":"${buffer.toString('base64')}"`;
}
