// Requests to one application that outlast short breaks: tried again with growing pauses, and given up after a time. Safe to repeat, because
// a read changes nothing and a change has a key that is the same at each attempt.
import type { LookupFunction } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { ApplicationSpec, SettingValue } from '../../core/application-spec.ts';
import { BackOff } from '../logs/shipping/back-off.ts';
import { judge, TOO_LATE, type Again, type Answer, type Meaning } from './attempt.ts';
import { failed, type ChannelFailure } from './channel-failure.ts';
import { readChannelFiles } from './channel-files.ts';
import { exchange, type Wanted } from './exchange.ts';
import type { Settings } from './settings.ts';

const BACK_OFF = { firstMs: 100, mostMs: 2000 };
/** A key that is replaced while it is used is another one after a refusal. */
const MOST_KEYS = 3;
const SLOW_DISK: Again = {
  kind: 'again',
  why: 'the files of its key and authorities could not be read in time',
  sent: 'no',
  retryAfterMs: 0,
};

const TIME_IS_UP: ReadonlySet<string> = new Set([TOO_LATE, SLOW_DISK.why]);

export type Limits = {
  /** Of performance.now(): no attempt goes beyond it. */
  readonly endMs: number;
  readonly signal: AbortSignal;
  /** `one`: whoever waits for it knows better than to try again. */
  readonly attempts: 'one' | 'many';
};

export type Change = {
  readonly values: Readonly<Record<string, SettingValue>>;
  readonly actor: string;
  readonly idempotencyKey: string;
};

type Asked = Pick<Wanted, 'method' | 'query' | 'headers' | 'body'> & { readonly timeoutMs: number };

export class ApplicationCaller {
  readonly #spec: ApplicationSpec;
  readonly #lookup: LookupFunction;

  constructor(spec: ApplicationSpec, lookup: LookupFunction) {
    this.#spec = spec;
    this.#lookup = lookup;
  }

  async read(limits: Limits): Promise<Settings | ChannelFailure> {
    const answer = await this.#call({ method: 'GET', timeoutMs: this.#spec.timeoutMs }, limits);
    return settingsOf(answer);
  }

  /** The settings as soon as there are newer ones than those of this revision; or that there are none after `waitMs`. */
  async readAfter(revision: number, waitMs: number, limits: Limits): Promise<Answer | ChannelFailure> {
    const query = { after: String(revision), wait: String(Math.ceil(waitMs / 1000)) };
    const timeoutMs = waitMs + this.#spec.timeoutMs;
    return await this.#call({ method: 'GET', query, timeoutMs }, limits);
  }

  async change(
    { values, actor, idempotencyKey }: Change,
    limits: Limits,
  ): Promise<Settings | ChannelFailure> {
    const headers = { 'idempotency-key': idempotencyKey, 'x-actor': headerText(actor) };
    const body = JSON.stringify({ values });
    const { timeoutMs } = this.#spec;
    const answer = settingsOf(await this.#call({ method: 'PATCH', headers, body, timeoutMs }, limits));
    const isObscure = 'kind' in answer && answer.code === 'application-answer-invalid';
    return isObscure ? { ...answer, effect: 'unknown' } : answer;
  }

  async #call(asked: Asked, limits: Limits): Promise<Answer | ChannelFailure> {
    const backOff = new BackOff(BACK_OFF);
    let sent: Again['sent'] = 'no';
    let attempts = 0;
    let why: string | undefined;
    for (;;) {
      attempts += 1;
      const isCut = performance.now() + asked.timeoutMs > limits.endMs;
      const meaning = await this.#attempt(asked, limits);
      if (meaning.kind === 'failed')
        return sent === 'no' ? meaning : { ...meaning, effect: effectOf(meaning) };
      if (meaning.kind !== 'again') return meaning;
      if (meaning.sent === 'perhaps') sent = 'perhaps';
      // What had hardly any time left says nothing.
      if (!isCut || !TIME_IS_UP.has(meaning.why)) why = meaning.why;
      const delayMs = backOff.next(meaning.retryAfterMs);
      const isLast = limits.attempts === 'one' || performance.now() + delayMs >= limits.endMs;
      if (isLast || !(await paused(delayMs, limits.signal)))
        return gaveUp(this.#spec, { ...meaning, why: why ?? meaning.why, sent }, attempts, limits.signal);
    }
  }

  async #attempt(asked: Asked, limits: Limits): Promise<Meaning> {
    const restMs = Math.max(1, limits.endMs - performance.now());
    const late = AbortSignal.timeout(Math.ceil(Math.min(asked.timeoutMs, restMs)));
    return await this.#tryKeys(asked, AbortSignal.any([limits.signal, late]));
  }

  async #tryKeys({ method, query, headers, body }: Asked, signal: AbortSignal): Promise<Meaning> {
    const request = {
      method,
      ...(query === undefined ? {} : { query }),
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body }),
    };
    let refused: Meaning | undefined;
    let before = '';
    for (let keys = 0; keys < MOST_KEYS; keys += 1) {
      const files = await unlessAborted(readChannelFiles(this.#spec), signal);
      if (files === undefined) return SLOW_DISK;
      if (files.kind === 'failed') return files;
      if (refused !== undefined && files.key === before) return refused;
      const exchanged = await exchange({ spec: this.#spec, files, lookup: this.#lookup, signal, ...request });
      const meaning = judge(exchanged, files.key);
      if (meaning.kind !== 'failed' || meaning.code !== 'application-refused-key') return meaning;
      refused = meaning;
      before = files.key;
    }
    return refused ?? failed('application-refused-key', 'its key changes all the time');
  }
}

function settingsOf(answer: Answer | ChannelFailure): Settings | ChannelFailure {
  if (answer.kind === 'settings') return answer.settings;
  if (answer.kind === 'failed') return answer;
  return failed('application-answer-invalid', 'it answered 304 to what asks for all');
}

/** What an application says for certain of a change holds for the attempts before it too. */
function effectOf({ code }: ChannelFailure): ChannelFailure['effect'] {
  return code === 'application-refused-value' ? 'none' : 'unknown';
}

function gaveUp(
  { url, socketPath }: ApplicationSpec,
  { why, sent, retryAfterMs }: Again,
  attempts: number,
  { aborted }: AbortSignal,
): ChannelFailure {
  const { protocol, host, pathname } = new URL(url);
  const place = `${protocol}//${host}${pathname}${socketPath === '' ? '' : ` on ${socketPath}`}`;
  const times = attempts === 1 ? 'one attempt' : `${attempts} attempts`;
  const later =
    retryAfterMs === 0 ? '' : `, and asks to be left alone for ${Math.ceil(retryAfterMs / 1000)} s`;
  const reason = aborted
    ? `${place} was being asked when Bosun had to end`
    : `no good answer from ${place} in ${times}: ${why}${later}`;
  return failed('application-unreachable', reason, { effect: sent === 'no' ? 'none' : 'unknown' });
}

/** A disk that does not answer holds up nobody. */
async function unlessAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
): Promise<Result | undefined> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const stop = (): void => {
    resolve(undefined);
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function paused(delayMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await pause(delayMs, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

/** Names of people may have letters that no header can hold. */
function headerText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+/gu, (part) => encodeURIComponent(part.toWellFormed()));
}
