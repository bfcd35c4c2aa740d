// What one exchange with an application means: the agreed answer, a failure that another attempt would not mend, or one that it may.
import { parseRetryAfter } from '../logs/shipping/http-verdict.ts';
import { readRefusal, readSettings, revisionIn } from './application-answer.ts';
import { failed, type ChannelCode, type ChannelFailure } from './channel-failure.ts';
import { MOST_ANSWER_BYTES, type Exchange } from './exchange.ts';
import type { Settings } from './settings.ts';

export type Answer =
  | { readonly kind: 'settings'; readonly settings: Settings }
  /** To a request that waited. `revision`: undefined when it is not said. */
  | { readonly kind: 'unchanged'; readonly revision: number | undefined };

/** `sent`: as Exchange has it. */
export type Again = {
  readonly kind: 'again';
  readonly why: string;
  readonly sent: 'no' | 'perhaps';
  readonly retryAfterMs: number;
};

export type Meaning = Answer | ChannelFailure | Again;

/** Node's names of what OpenSSL finds wrong with a certificate, and its own of a name that is another one's. */
const DISTRUST =
  /^(CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_|INVALID_|HOSTNAME_|PATH_LENGTH_|ERROR_IN_C)/;

/** 409: the first of two requests with one key is still being done, draft-ietf-httpapi-idempotency-key-header, section 2.7. */
const PASSING: ReadonlySet<number> = new Set([408, 409, 421, 425, 429]);
/** Of these the application has not begun what was asked. */
const NOT_DONE: ReadonlySet<number> = new Set([421, 425, 429]);

export const TOO_LATE = 'it did not answer in time';

/** `key`: what was sent with it. */
export function judge(exchange: Exchange, key: string): Meaning {
  switch (exchange.kind) {
    case 'broken':
      return judgeBreak(exchange);
    case 'too-large':
      return invalid(`its answer is larger than ${MOST_ANSWER_BYTES} bytes`);
    case 'answered':
      return judgeStatus(exchange, key);
  }
}

function judgeBreak({ error, sent }: Extract<Exchange, { kind: 'broken' }>): Meaning {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const why = describe(error);
  if (DISTRUST.test(code)) return failed('application-untrusted', `its certificate is refused: ${why}`);
  return { kind: 'again', why, sent, retryAfterMs: 0 };
}

type Answered = Extract<Exchange, { kind: 'answered' }>;

function judgeStatus(answered: Answered, key: string): Meaning {
  const { status, body, etag, retryAfter } = answered;
  if (status === 200) return judgeSettings(body, key);
  if (status === 304) return { kind: 'unchanged', revision: revisionIn(etag) };
  if (status === 401 || status === 403)
    return failed('application-refused-key', `it answered ${status} to the key that Bosun has sent`);
  if (status >= 500 || PASSING.has(status)) {
    const sent = NOT_DONE.has(status) ? 'no' : 'perhaps';
    const retryAfterMs = parseRetryAfter(retryAfter, Date.now());
    return { kind: 'again', why: `it answered ${status}`, sent, retryAfterMs };
  }
  if (status === 400 || status === 422) return judgeRefusal(answered, key);
  const redirect = status >= 300 && status < 400 ? ' (redirects are not followed)' : '';
  return invalid(`it answered ${status}${redirect}`);
}

function judgeSettings(body: Buffer, key: string): Meaning {
  const read = readSettings(body, key);
  return read.kind === 'settings' ? read : invalid(`its answer ${read.why}`);
}

function judgeRefusal({ status, body }: Answered, key: string): Meaning {
  const errors = readRefusal(body, key);
  if (errors.length === 0) return invalid(`it answered ${status} and does not say what is wrong`);
  const sentences = errors.map(({ key: name, message }) => `${name}: ${message}`);
  return failed('application-refused-value', `it refuses ${sentences.join('; ')}`, { errors });
}

function invalid(reason: string): ChannelFailure {
  return failed('application-answer-invalid' satisfies ChannelCode, reason);
}

/** Of several addresses that were tried, the error names each. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ');
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'AbortError') return TOO_LATE;
  return error.message.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
}
