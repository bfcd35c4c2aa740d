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
/** An attempt whose time is up says itself how far it came, unless it hangs. */
const STUCK_MS = 100;

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
    for (;;) {
      attempts += 1;
      const meaning = await this.#attempt(asked, limits);
      if (meaning.kind === 'failed')
        return sent === 'no' ? meaning : { ...meaning, effect: effectOf(meaning) };
      if (meaning.kind !== 'again') return meaning;
      if (meaning.sent === 'perhaps') sent = 'perhaps';
      const delayMs = backOff.next(meaning.retryAfterMs);
      const isLast = limits.attempts === 'one' || performance.now() + delayMs >= limits.endMs;
      if (isLast || !(await paused(delayMs, limits.signal)))
        return gaveUp(this.#spec, { ...meaning, sent }, attempts, limits.signal);
    }
  }

  /** Within its time whatever hangs, a file that is read too. */
  async #attempt(asked: Asked, limits: Limits): Promise<Meaning> {
    const restMs = Math.max(1, limits.endMs - performance.now());
    const late = AbortSignal.timeout(Math.ceil(Math.min(asked.timeoutMs, restMs)));
    const signal = AbortSignal.any([limits.signal, late]);
    const { promise: stuck, resolve } = Promise.withResolvers<Meaning>();
    const stop = (): void => {
      setTimeout(resolve, STUCK_MS, { kind: 'again', why: TOO_LATE, sent: 'perhaps', retryAfterMs: 0 });
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([this.#tryKeys(asked, signal), stuck]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
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
      const files = await readChannelFiles(this.#spec);
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
