// Says where a key can be added to a line that is a JSON object, RFC 8259, without touching the rest of it. Knows nothing of what is added.

/** One character for each byte; what is not ASCII stands in strings only. */
const STRING = String.raw`"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"`;
const NUMBER = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
/** Not `bosun`, however that may be written. */
const KEY = String.raw`"(?!bosun")[^"\\\x00-\x1f]*"`;

function valueOf(depth: number): string {
  const scalars = `${STRING}|${NUMBER}|true|false|null`;
  if (depth === 0) return `(?:${scalars})`;
  const value = valueOf(depth - 1);
  const object = String.raw`\{(?:${STRING}: ?${value}(?:, ?(?=")|(?=\})))*\}`;
  const array = String.raw`\[(?:${value}(?:, ?(?!\])|(?=\])))*\]`;
  return `(?:${scalars}|${object}|${array})`;
}

/**
 * Nearly every object that loggers write, and nothing that is not one: four times as fast as JSON.parse, which makes something of it. Each position
 * can go on in one way only, so that it takes time in proportion to the line, also when it fails.
 */
const USUAL = new RegExp(String.raw`\{(?:${KEY}: ?${valueOf(3)}(?:, ?(?=")|(?=\})))+\}`, 'y');

/** A SyntaxError costs as much as forty lines: 64 KiB of broken objects would hold up the thread for 80 ms. */
const MOST_ERRORS = 100;

/** `brace`: the position of the one that ends the object. */
export type Seam = { readonly brace: number; readonly keys: 'none' | 'some' };

/** Of one text of whole lines, which are UTF-8 or are not asked for. */
export class ObjectLines {
  readonly #text: string;
  #errors = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Undefined: the line is no object, or has the key `bosun` already; or it is unusual and comes after too many that looked like objects. */
  seamOf(start: number, end: number): Seam | undefined {
    const text = this.#text;
    USUAL.lastIndex = start;
    if (USUAL.test(text) && USUAL.lastIndex === end) return { brace: end - 1, keys: 'some' };
    const brace = skipSpacesBack(text, end) - 1;
    const next = text[skipSpaces(text, start + 1)];
    if (text[brace] !== '}' || (next !== '"' && next !== '}')) return undefined;
    const keys = this.#parseKeys(text.slice(start, end));
    return keys === undefined || keys.includes('bosun')
      ? undefined
      : { brace, keys: keys.length === 0 ? 'none' : 'some' };
  }

  #parseKeys(line: string): readonly string[] | undefined {
    if (this.#errors === MOST_ERRORS) return undefined;
    try {
      return Object.keys(JSON.parse(line) as object);
    } catch {
      this.#errors += 1;
      return undefined;
    }
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d;
}

function skipSpaces(text: string, start: number): number {
  let at = start;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

function skipSpacesBack(text: string, end: number): number {
  let at = end;
  while (isSpace(text.charCodeAt(at - 1))) at -= 1;
  return at;
}
