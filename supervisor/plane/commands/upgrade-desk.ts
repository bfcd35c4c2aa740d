// Takes requests for an upgrade to the engine and brings back its answer, which may take as long as what is under way takes to end.
import type { FromPlane, UpgradeAnswer, UpgradeRequest } from '../../core/plane-message.ts';

/** For the rehearsal of the new program, which has a limit of its own in boot/rehearsal.ts. */
const REHEARSAL_MS = 20_000;
const MOST_PENDING = 16;

export type DeskUpgrade = UpgradeAnswer | { readonly kind: 'no-answer' };

type Pending = { readonly settle: (answer: DeskUpgrade) => void; readonly timer: NodeJS.Timeout };

export class UpgradeDesk {
  readonly #post: (message: FromPlane) => void;
  readonly #pending = new Map<string, Pending>();

  constructor(post: (message: FromPlane) => void) {
    this.#post = post;
  }

  /** Never rejects. */
  async submit(request: UpgradeRequest): Promise<DeskUpgrade> {
    if (this.#pending.size >= MOST_PENDING || this.#pending.has(request.id)) return { kind: 'no-answer' };
    return await new Promise((settle) => {
      const timer = setTimeout(() => {
        this.answer(request.id, { kind: 'no-answer' });
      }, request.waitMs + REHEARSAL_MS);
      this.#pending.set(request.id, { settle, timer });
      this.#post({ type: 'upgrade-requested', request });
    });
  }

  answer(id: string, answer: DeskUpgrade): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    clearTimeout(pending.timer);
    this.#pending.delete(id);
    pending.settle(answer);
  }
}
