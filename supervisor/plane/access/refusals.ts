// The audit trail of refused attempts: each is an event, one by one up to a rate. Beyond it they are summed up once a second in a
// table of bounded size, so that who knocks a thousand times a second fills neither the journal nor the memory.
import type { AuditEvent } from '../../core/event.ts';
import type { Transport } from './gate.ts';

const MOST_PER_SECOND = 20;
const SUM_UP_AFTER_MS = 1000;
/** Of different (transport, peer, reason) within a second; the rest is one more line. */
const MOST_SUMS = 50;
const LONGEST_TEXT = 200;

export type RefusedAttempt = {
  readonly transport: Transport;
  readonly peer: string;
  readonly action: string;
  readonly reason: string;
  /** Undefined when it is not known who it was. */
  readonly actor?: string | undefined;
};

export type Note = (event: AuditEvent, actor: string) => void;

type Sum = { readonly attempt: RefusedAttempt; count: number };

/** Of a peer that nothing is known of. */
const NOBODY_KNOWN = 'anyone';

export class Refusals {
  readonly #note: Note;
  readonly #nowMs: () => number;
  #tokens = MOST_PER_SECOND;
  #filledAtMs: number;
  readonly #sums = new Map<string, Sum>();
  #timer: NodeJS.Timeout | undefined;

  constructor(note: Note, nowMs: () => number = () => performance.now()) {
    this.#note = note;
    this.#nowMs = nowMs;
    this.#filledAtMs = nowMs();
  }

  tell(attempt: RefusedAttempt): void {
    this.#fill();
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      this.#emit(attempt, 1);
      return;
    }
    this.#add(attempt);
    this.#timer ??= setTimeout(() => {
      this.flush();
    }, SUM_UP_AFTER_MS);
  }

  /** Tells what has been summed up. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { attempt, count } of this.#sums.values()) this.#emit(attempt, count);
    this.#sums.clear();
  }

  #fill(): void {
    const nowMs = this.#nowMs();
    const earned = ((nowMs - this.#filledAtMs) * MOST_PER_SECOND) / 1000;
    this.#tokens = Math.min(MOST_PER_SECOND, this.#tokens + earned);
    this.#filledAtMs = nowMs;
  }

  #add(attempt: RefusedAttempt): void {
    const own = [attempt.transport, attempt.peer, attempt.reason].join('\0');
    const isKept = this.#sums.has(own) || this.#sums.size < MOST_SUMS;
    const key = isKept ? own : attempt.transport;
    const sum = this.#sums.get(key) ?? { attempt: isKept ? attempt : manyOf(attempt.transport), count: 0 };
    sum.count += 1;
    this.#sums.set(key, sum);
  }

  #emit({ transport, peer, action, reason, actor = NOBODY_KNOWN }: RefusedAttempt, count: number): void {
    const shown = { peer: clip(peer), action: clip(action), reason: clip(reason) };
    this.#note({ type: 'access-refused', transport, ...shown, count }, actor);
  }
}

function manyOf(transport: Transport): RefusedAttempt {
  return { transport, peer: 'many others', action: 'many things', reason: 'too many to tell one by one' };
}

/** What a stranger has sent must neither break a line of the log nor fill it. */
function clip(text: string): string {
  const plain = text.slice(0, LONGEST_TEXT).replaceAll(/\p{C}/gu, '?');
  return text.length > LONGEST_TEXT ? `${plain}...` : plain;
}
