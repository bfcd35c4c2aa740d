// When to let the services feel that the reader of standard output is slow. For a moment their pipes are left unread, so
// that nothing is lost; a reader that does not come back is not waited for, and lines are dropped instead. Since when they are held up outlives
// the thread: threads that die one after the other hold them up no longer than one that lives.
import { COUNT, WORD, type LogBoard } from '../core/log-board.ts';

const HOLD_ABOVE_BYTES = 524_288;
const RELEASE_BELOW_BYTES = 131_072;
const LONGEST_HOLD_MS = 1000;

/** As they stand in the board. `shedding`: until nothing waits any more. */
const STATES = ['flowing', 'holding', 'shedding'] as const;
type State = (typeof STATES)[number];

export type PressureListener = (pressure: 'hold' | 'release') => void;

export class BackPressure {
  readonly #board: Pick<LogBoard, 'words' | 'counts'>;
  readonly #listener: PressureListener;

  constructor(board: Pick<LogBoard, 'words' | 'counts'>, listener: PressureListener) {
    this.#board = board;
    this.#listener = listener;
  }

  /** The moment (monotonicMs()) at which `update` wants to be called although the queue has not changed; Infinity for never. */
  get dueAtMs(): number {
    return this.#state === 'holding' ? this.#heldSinceMs + LONGEST_HOLD_MS : Infinity;
  }

  /** First in a thread: where the one before it held up the services, they are held up still. */
  resume(): void {
    if (this.#state === 'holding') this.#listener('hold');
  }

  /** Whoever is too slow is not waited for any more. */
  shed(): void {
    this.#change('shedding');
    this.#listener('release');
  }

  /** After every change of the queue. `nowMs`: monotonicMs(). */
  update(queuedBytes: number, nowMs: number): void {
    switch (this.#state) {
      case 'flowing':
        if (queuedBytes <= HOLD_ABOVE_BYTES) return;
        this.#board.counts[COUNT.heldSinceMs] = BigInt(Math.round(nowMs));
        this.#change('holding');
        this.#listener('hold');
        return;
      case 'holding':
        if (queuedBytes > RELEASE_BELOW_BYTES && this.#mayHold(nowMs)) return;
        this.#change(queuedBytes > RELEASE_BELOW_BYTES ? 'shedding' : 'flowing');
        this.#listener('release');
        return;
      case 'shedding':
        if (queuedBytes === 0) this.#change('flowing');
        return;
    }
  }

  /** Not if it began in what is still to come: then the clock is that of another machine, which a checkpoint was taken to. */
  #mayHold(nowMs: number): boolean {
    return nowMs < this.dueAtMs && nowMs + 1 >= this.#heldSinceMs;
  }

  get #heldSinceMs(): number {
    return Number(this.#board.counts[COUNT.heldSinceMs]);
  }

  get #state(): State {
    return STATES[this.#board.words[WORD.pressure] ?? 0] ?? 'flowing';
  }

  #change(state: State): void {
    this.#board.words[WORD.pressure] = STATES.indexOf(state);
  }
}
