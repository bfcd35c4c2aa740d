// What an HTTP status says about a batch: whether it was taken, will never be, or is to be sent again.
import { away, type Delivery } from './receiver.ts';
import type { HttpAnswer } from './http-post.ts';
import type { Conceal } from './concealment.ts';

/**
 * What is wrong is the batch itself: the same one will never be taken, a smaller one perhaps. All others are about the moment, or about
 * what an operator can put right: a key, a path, a proxy. There the lines wait.
 */
const ABOUT_THE_BATCH: ReadonlySet<number> = new Set([400, 413, 422]);
const SHOWN_CHARACTERS = 300;

/** Undefined: it was taken, and the body says the rest. */
export function judgeStatus(answer: HttpAnswer, conceal: Conceal, nowMs: number): Delivery | undefined {
  if (answer.kind === 'failed') return away(conceal(answer.why));
  const { status } = answer;
  if (status >= 200 && status < 300) return undefined;
  const why = describe(answer, conceal);
  if (ABOUT_THE_BATCH.has(status)) return { kind: 'refused', why };
  return away(why, parseRetryAfter(answer.retryAfter, nowMs));
}

/** RFC 9110, section 10.2.3: seconds or a date. 0: neither. */
export function parseRetryAfter(value: string, nowMs: number): number {
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - nowMs);
}

function describe(
  { status, text }: { readonly status: number; readonly text: string },
  conceal: Conceal,
): string {
  const said = shorten(conceal(text));
  const redirect = status >= 300 && status < 400 ? ' (redirects are not followed)' : '';
  return `it answered ${status}${redirect}${said === '' ? '' : `: ${said}`}`;
}

/** On one line. */
export function shorten(text: string): string {
  const plain = text.replaceAll(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return plain.length > SHOWN_CHARACTERS ? `${plain.slice(0, SHOWN_CHARACTERS)}…` : plain;
}
