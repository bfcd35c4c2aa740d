// Idempotency-Key at the border: what a key is, what makes two requests the same one, and the answer that is given again.
import { createHash } from 'node:crypto';
import type { KeptAnswer } from '../commands/answer-store.ts';
import { newIdentity, type CommandIdentity } from '../commands/command-identity.ts';
import { Idempotency, type KeyedWrite, type Turn } from '../commands/idempotency.ts';
import type { ApiContext } from './context.ts';
import { refuse } from './problem-response.ts';

/** 1 to 200 visible ASCII characters; the draft's quotes around them may be there or not. */
const KEY = /^(?:"([!#-[\]-~]{1,200})"|([!#-~]{1,200}))$/;

export type WriteRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: unknown;
  readonly body: unknown;
  readonly actor: string;
  /** The header as it came. */
  readonly key: string | undefined;
  readonly gone: AbortSignal;
};

type Work = (identity: CommandIdentity) => Response | Promise<Response>;

export class IdempotentWrites {
  readonly #context: ApiContext;
  #idempotency: Promise<Idempotency> | undefined;

  constructor(context: ApiContext) {
    this.#context = context;
  }

  /** Does the work, or gives the answer of when it was done. */
  async once(request: WriteRequest, work: Work): Promise<Response> {
    const { key: header, actor } = request;
    const lastEventId = this.#context.view.events.lastId;
    if (header === undefined) return await work(newIdentity(lastEventId));
    const key = readKey(header);
    if (key === undefined)
      return refuse('bad-request', 'Idempotency-Key is not 1 to 200 visible ASCII characters.');
    this.#idempotency ??= this.#open();
    const idempotency = await this.#idempotency;
    return await claimAndWork(
      idempotency,
      request,
      { actor, key, fingerprint: fingerprintOf(request) },
      work,
    );
  }

  /** Loaded with the first key: whoever sends none does not pay for it. */
  async #open(): Promise<Idempotency> {
    const { AnswerKeeper } = await import('../commands/answer-keeper.ts');
    const { settings, log, view } = this.#context;
    return new Idempotency(new AnswerKeeper(settings.stateDir, log), () => view.events.lastId);
  }
}

async function claimAndWork(
  idempotency: Idempotency,
  { query, gone }: WriteRequest,
  keyed: KeyedWrite,
  work: Work,
): Promise<Response> {
  const waits = typeof query === 'object' && query !== null && 'wait' in query;
  while (!gone.aborted) {
    const claimed = idempotency.claim(keyed, waits);
    switch (claimed.kind) {
      case 'reused':
        return refuse(
          'idempotency-key-reused',
          `The Idempotency-Key ${JSON.stringify(keyed.key)} has come with another request before.`,
        );
      case 'answered':
        return toResponse(claimed.answer);
      case 'turn':
        return await take(claimed, work);
      case 'under-way':
        await Promise.race([claimed.settled, aborted(gone)]);
    }
  }
  // Nobody is there to read it.
  return refuse('internal-error', 'The connection is gone.');
}

async function take({ identity, repeated, end }: Turn, work: Work): Promise<Response> {
  let answer: KeptAnswer | undefined;
  try {
    const response = await work(identity);
    // A stream has been sent already, and is not kept.
    if (response.headers.has('x-hono-already-sent')) return response;
    const contentType = response.headers.get('content-type') ?? 'application/json';
    // An API key, which is told once.
    const secrecy = response.headers.get('cache-control') === 'no-store' ? 'secret' : 'plain';
    answer = { status: response.status, contentType, body: await response.text(), secrecy };
    const headers = new Headers(response.headers);
    if (repeated) headers.set('idempotent-replayed', 'true');
    return new Response(answer.body, { status: response.status, headers });
  } finally {
    end(answer);
  }
}

function toResponse({ status, contentType, body, secrecy }: KeptAnswer): Response {
  const headers = new Headers({ 'content-type': contentType, 'idempotent-replayed': 'true' });
  if (secrecy === 'secret') headers.set('cache-control', 'no-store');
  return new Response(body, { status, headers });
}

function readKey(header: string): string | undefined {
  const match = KEY.exec(header);
  return match?.[1] ?? match?.[2];
}

/** A retry may wait longer, or not at all: that is the same request. */
function fingerprintOf({ method, path, query, body }: WriteRequest): string {
  const asked = typeof query === 'object' && query !== null ? Object.entries(query) : [];
  const effective = asked.filter(([name]) => name !== 'wait').toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([method, path, effective, body]))
    .digest('base64url');
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
