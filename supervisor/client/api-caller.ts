// What the parts of the client have in common: reads, writes that are safe to repeat, and streams, all to one Bosun.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { BosunUnreachable } from './failure.ts';
import { readLines } from './line-stream.ts';
import type { Target } from './target.ts';
import { connectionLost, sendForJson, sendForStream } from './transport.ts';

export type Cancel = { readonly signal?: AbortSignal | undefined };

export type WriteOptions = Cancel & {
  /**
   * Bosun does a write once for each key and answers every repetition of it with the first answer. Undefined: a random one, so
   * that the repetitions of this call are one write. Up to 255 printable characters.
   */
  readonly idempotencyKey?: string | undefined;
  /** How long Bosun waits for the outcome before it answers; undefined: it answers at once. At most 600,000. */
  readonly waitMs?: number | undefined;
};

/** Long enough for another control plane to take the place of one that has failed: about three seconds in all. */
const PAUSES_MS: readonly number[] = [50, 150, 400, 900, 1500];

/** A server that closes after the handshake does not like the certificate, unless it was ended just then. */
const MOST_DOUBTS = 2;

export class ApiCaller {
  readonly target: Target;

  constructor(target: Target) {
    this.target = target;
  }

  /** `alsoGood`: a status that is an answer too, though not a success. */
  async get(path: string, { signal }: Cancel = {}, alsoGood?: number): Promise<unknown> {
    return await sendForJson(this.target, { method: 'GET', path, signal }, alsoGood);
  }

  /**
   * Repeated when the connection breaks before the answer is there: whether it was done is not known then, and the key makes
   * the repetition harmless.
   */
  async post(path: string, body: unknown, options: WriteOptions = {}): Promise<unknown> {
    return await this.#write('POST', path, body, options);
  }

  /** Repeated in the same way. */
  async patch(path: string, body: unknown, options: WriteOptions = {}): Promise<unknown> {
    return await this.#write('PATCH', path, body, options);
  }

  /** The body of a good answer, to be read or destroyed. */
  async stream(
    path: string,
    { signal }: Cancel = {},
    accept?: string,
    lastEventId?: string,
  ): Promise<IncomingMessage> {
    return await sendForStream(this.target, {
      method: 'GET',
      path,
      signal,
      lastEventId,
      ...(accept === undefined ? {} : { accept }),
    });
  }

  /** An answer of one JSON value a line. Leaving the loop closes the connection. */
  async *values(path: string, cancel: Cancel = {}): AsyncGenerator<unknown, void, undefined> {
    const incoming = await this.stream(path, cancel);
    try {
      for await (const line of readLines(incoming)) if (line !== '') yield JSON.parse(line);
    } catch (error) {
      cancel.signal?.throwIfAborted();
      throw connectionLost(this.target, 'the connection ended', error);
    }
  }

  async #write(
    method: 'POST' | 'PATCH',
    path: string,
    body: unknown,
    options: WriteOptions,
  ): Promise<unknown> {
    const { signal, waitMs, idempotencyKey = randomUUID() } = options;
    const wanted = { method, path, body, signal, waitMs, idempotencyKey } as const;
    let broken = false;
    let doubts = 0;
    for (const pauseMs of PAUSES_MS) {
      try {
        return await sendForJson(this.target, wanted);
      } catch (error) {
        broken ||= isBroken(error);
        if (isDoubtful(error)) doubts += 1;
        if (!broken || !isAway(error) || doubts > MOST_DOUBTS) throw error;
        await pause(pauseMs, signal);
      }
    }
    return await sendForJson(this.target, wanted);
  }
}

/** Rejects with the signal's reason. */
export async function pause(pauseMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(pauseMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** The request may have arrived, and the answer has not. */
function isBroken(error: unknown): boolean {
  return error instanceof BosunUnreachable && (BROKEN.has(error.code) || isDoubtful(error));
}

function isDoubtful(error: unknown): boolean {
  if (!(error instanceof BosunUnreachable) || !error.code.startsWith('certificate-')) return false;
  return error.cause instanceof Error && 'code' in error.cause && BROKEN.has(String(error.cause.code));
}

/** EAGAIN: as many wait to be let in at the socket as may, unix(7). */
const BROKEN: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'connection-lost', 'EAGAIN']);
const NOBODY: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]);

/** Nobody answers, for a moment as it may be; not so with what will be the same at the next attempt, such as a certificate. */
export function isAway(error: unknown): boolean {
  return isBroken(error) || (error instanceof BosunUnreachable && NOBODY.has(error.code));
}
