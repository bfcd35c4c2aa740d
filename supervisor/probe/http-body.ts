// The body of an HTTP probe's answer: read up to a bound, whatever its length, and looked through for a text on the way.
import type { IncomingMessage } from 'node:http';
import type { ProbeAnswer } from '../core/input.ts';
import { failed, OK } from './probe.ts';

export type BodyRule = {
  /** 0 does not read it. */
  readonly maxBodyBytes: number;
  /** '' for none. */
  readonly bodyContains: string;
};

export async function judgeBody(
  response: IncomingMessage,
  { maxBodyBytes, bodyContains }: BodyRule,
): Promise<ProbeAnswer> {
  // An error of a connection that is closed before its end is nobody's.
  response.on('error', () => undefined);
  const search = new TextSearch(bodyContains);
  for await (const part of firstBytes(response, maxBodyBytes))
    if (bodyContains !== '' && search.isIn(part)) return OK;
  if (bodyContains === '') return OK;
  return failed(`${JSON.stringify(bodyContains)} is not in the first ${maxBodyBytes} bytes of the body`);
}

async function* firstBytes(response: AsyncIterable<Buffer>, limitBytes: number): AsyncIterable<Buffer> {
  let left = limitBytes;
  if (left === 0) return;
  for await (const chunk of response) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) return;
  }
}

/** Finds a text also where it lies across two parts. */
class TextSearch {
  readonly #text: Buffer;
  #tail = Buffer.alloc(0);

  constructor(text: string) {
    this.#text = Buffer.from(text);
  }

  isIn(part: Buffer): boolean {
    const seen = Buffer.concat([this.#tail, part]);
    this.#tail = seen.subarray(Math.max(0, seen.length - this.#text.length + 1));
    return seen.includes(this.#text);
  }
}
