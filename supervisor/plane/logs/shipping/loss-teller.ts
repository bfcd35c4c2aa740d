// Losses come with each batch while a queue overflows; an operator hears of the first, and then of all together once a minute.
import type { CourierNotice } from './courier.ts';

const PAUSE_MS = 60_000;

type Loss = { lines: number; why: string; toldAtMs: number };

export class LossTeller {
  readonly #tell: (notice: CourierNotice) => void;
  readonly #losses = {
    missed: { lines: 0, why: '', toldAtMs: -Infinity },
    refused: { lines: 0, why: '', toldAtMs: -Infinity },
  } satisfies Record<'missed' | 'refused', Loss>;

  constructor(tell: (notice: CourierNotice) => void) {
    this.#tell = tell;
  }

  take(notice: CourierNotice): void {
    if (notice.type === 'away' || notice.type === 'back') {
      this.#tell(notice);
      return;
    }
    const loss: Loss = this.#losses[notice.type];
    loss.lines += notice.lines;
    if (notice.type === 'refused') loss.why = notice.why;
    const nowMs = performance.now();
    if (nowMs - loss.toldAtMs < PAUSE_MS) return;
    loss.toldAtMs = nowMs;
    this.#tellAll(notice.type, loss);
  }

  /** What was not told yet. */
  flush(): void {
    for (const type of ['missed', 'refused'] as const) this.#tellAll(type, this.#losses[type]);
  }

  #tellAll(type: 'missed' | 'refused', loss: Loss): void {
    const { lines, why } = loss;
    if (lines === 0) return;
    loss.lines = 0;
    this.#tell(type === 'missed' ? { type, lines } : { type, lines, why });
  }
}
