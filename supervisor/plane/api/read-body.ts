// The body of a request: never more of it than its limit is held, and it is JSON in UTF-8 or refused.
import type { IncomingMessage } from 'node:http';
import { refuse } from './problem-response.ts';

type Result<Value> =
  { readonly kind: 'ok'; readonly value: Value } | { readonly kind: 'wrong'; readonly response: Response };

const MOST_BODY_BYTES = 65_536;
/** Nothing that is asked for is nested deeper than a few levels. */
const DEEPEST = 32;

export async function readBody(incoming: IncomingMessage): Promise<Result<Buffer>> {
  if (Number(incoming.headers['content-length'] ?? 0) > MOST_BODY_BYTES) return tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Buffer;
      length += bytes.length;
      if (length > MOST_BODY_BYTES) return tooLarge();
      chunks.push(bytes);
    }
  } catch {
    // Whoever sent it is gone, or has sent what is no chunk.
    return wrong('The body did not get complete.', 'body: is cut off');
  }
  return { kind: 'ok', value: Buffer.concat(chunks) };
}

/** An empty body is an empty object. */
export function readJson(incoming: IncomingMessage, bytes: Buffer): Result<unknown> {
  if (bytes.length === 0) return { kind: 'ok', value: {} };
  const type = incoming.headers['content-type'] ?? '';
  if (!isJson(type))
    return problem(
      'unsupported-media-type',
      `Content-Type is ${JSON.stringify(type)}, not application/json.`,
    );
  if (incoming.headers['content-encoding'] !== undefined)
    return problem('unsupported-media-type', 'The body has a Content-Encoding; send it as it is.');
  return parse(bytes);
}

function parse(bytes: Buffer): Result<unknown> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.trim() === '') return { kind: 'ok', value: {} };
    if (depthOf(text) > DEEPEST) return wrong('The body is nested too deep.', `body: deeper than ${DEEPEST}`);
    const value: unknown = JSON.parse(text);
    return { kind: 'ok', value };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'not JSON';
    return wrong('The body is not JSON in UTF-8.', `body: ${why}`);
  }
}

/** Without or with `charset=utf-8`, RFC 8259 section 8.1. */
function isJson(contentType: string): boolean {
  return /^\s*application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$/i.test(contentType);
}

/** Of brackets and braces that are open at once, outside of strings. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth);
    else if (token === ']' || token === '}') depth -= 1;
  }
  return deepest;
}

function tooLarge(): Result<never> {
  return problem('body-too-large', `A body may have at most ${MOST_BODY_BYTES} bytes.`);
}

function problem(code: 'body-too-large' | 'unsupported-media-type', detail: string): Result<never> {
  return { kind: 'wrong', response: refuse(code, detail) };
}

function wrong(detail: string, error: string): Result<never> {
  return { kind: 'wrong', response: refuse('bad-request', detail, { errors: [error] }) };
}
