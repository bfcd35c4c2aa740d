// When to let the services feel that the reader of standard output is slow. For a moment their pipes are left unread, so
// that nothing is lost; a reader that does not come back is not waited for, and lines are dropped instead.

const HOLD_ABOVE_BYTES = 524_288;
const RELEASE_BELOW_BYTES = 131_072;
const LONGEST_HOLD_MS = 1000;

export type PressureListener = (pressure: 'hold' | 'release') => void;

export class BackPressure {
  readonly #listener: PressureListener;
  #state: { readonly kind: 'flowing' | 'shedding' } | { readonly kind: 'holding'; readonly untilMs: number } =
    {
      kind: 'flowing',
    };

  constructor(listener: PressureListener) {
    this.#listener = listener;
  }

  /** The moment (performance.now()) at which `update` wants to be called although the queue has not changed; Infinity for never. */
  get dueAtMs(): number {
    return this.#state.kind === 'holding' ? this.#state.untilMs : Infinity;
  }

  /** Whoever is too slow is not waited for any more. */
  shed(): void {
    this.#state = { kind: 'shedding' };
    this.#listener('release');
  }

  /** After every change of the queue. `nowMs`: performance.now(). */
  update(queuedBytes: number, nowMs: number): void {
    switch (this.#state.kind) {
      case 'flowing':
        if (queuedBytes <= HOLD_ABOVE_BYTES) return;
        this.#state = { kind: 'holding', untilMs: nowMs + LONGEST_HOLD_MS };
        this.#listener('hold');
        return;
      case 'holding':
        if (queuedBytes > RELEASE_BELOW_BYTES && nowMs < this.#state.untilMs) return;
        this.#state = { kind: queuedBytes > RELEASE_BELOW_BYTES ? 'shedding' : 'flowing' };
        this.#listener('release');
        return;
      case 'shedding':
        if (queuedBytes === 0) this.#state = { kind: 'flowing' };
        return;
    }
  }
}
