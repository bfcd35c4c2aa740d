// The output of a job as it comes, in pieces. Goes on over a lost connection: the control plane may be replaced meanwhile, and the
// number of bytes that have come is where to go on.
import type { IncomingMessage } from 'node:http';
import { isAway, pause, type ApiCaller, type Cancel } from './api-caller.ts';
import { BosunProblem, BosunUnreachable } from './failure.ts';
import { JobPieces, type JobPiece } from './job-pieces.ts';
import { connectionLost } from './transport.ts';

export type JobOutputOptions = Cancel & {
  /** `now`: what there is, without waiting for more. */
  readonly until?: 'end' | 'now' | undefined;
};

/** How long a control plane may be away before the stream is given up. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 50;
const FOLLOW = { end: '', now: '&follow=false' } as const;

/** Throws BosunUnreachable when nobody has answered for a while, BosunProblem, or the signal's reason. */
export async function* streamJobOutput(
  api: ApiCaller,
  path: string,
  { signal, until = 'end' }: JobOutputOptions,
): AsyncGenerator<JobPiece, void, undefined> {
  const pieces = new JobPieces();
  let from = 0;
  const patience = new Patience();
  for (;;) {
    try {
      const incoming = await api.stream(`${path}?from=${from}${FOLLOW[until]}`, { signal });
      patience.answered();
      for await (const chunk of readWhole(api, incoming)) {
        from += chunk.length;
        for (const piece of pieces.push(chunk)) {
          yield piece;
          if (piece.kind === 'end') return;
        }
      }
      if (until === 'now') return;
      patience.answered();
    } catch (error) {
      signal?.throwIfAborted();
      if (patience.isOver(error)) throw error;
    }
    await pause(RETRY_MS, signal);
  }
}

class Patience {
  #sinceMs = performance.now();
  #seen: 'never' | 'once' = 'never';

  answered(): void {
    this.#seen = 'once';
    this.#sinceMs = performance.now();
  }

  /** Whoever has never answered may not be there at all; unless too many come at once. */
  isOver(error: unknown): boolean {
    if (performance.now() - this.#sinceMs > PATIENCE_MS) return true;
    if (error instanceof BosunProblem) return error.problem.status !== 503;
    return !isAway(error) || (this.#seen === 'never' && !isCrowded(error));
  }
}

/** unix(7): as many wait to be let in at the socket as may. */
function isCrowded(error: unknown): boolean {
  return error instanceof BosunUnreachable && error.code === 'EAGAIN';
}

async function* readWhole(
  { target }: ApiCaller,
  incoming: IncomingMessage,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of incoming) yield chunk as Buffer;
  } catch (error) {
    throw connectionLost(target, 'the connection ended in the middle of a stream', error);
  }
}
