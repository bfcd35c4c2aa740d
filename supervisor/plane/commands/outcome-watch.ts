// Follows the view from before a command is given until its outcome is there, it has failed, or time is up.
// It begins before the command, because what follows from it may happen before the reply to it is seen.
import type { BosunEvent } from '../../core/event.ts';
import type { FleetView } from '../views/fleet-view.ts';

export type Judgement =
  | { readonly kind: 'reached' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'failed'; readonly why: string };

/** What is being waited for, judged from the view anew after each event. */
export type Aim = {
  /** Before the judgement. */
  note(event: BosunEvent): void;
  judge(): ReadonlyMap<string, Judgement>;
  /** Whether one service that fails ends the wait, or everybody is waited for. */
  readonly failure: 'ends-it' | 'waits-for-others';
};

export type Failure = { readonly service: string; readonly why: string };

export type WatchEnd =
  | { readonly kind: 'reached' }
  | { readonly kind: 'failed'; readonly failures: readonly Failure[] }
  | { readonly kind: 'timeout'; readonly missing: readonly string[] }
  | { readonly kind: 'abandoned' };

export class OutcomeWatch {
  readonly #aim: Aim;
  readonly #unsubscribe: () => void;
  #onChange: () => void = () => undefined;

  constructor(view: FleetView, aim: Aim) {
    this.#aim = aim;
    this.#unsubscribe = view.subscribe(({ event }) => {
      aim.note(event);
      this.#onChange();
    });
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  /** Call after the engine has accepted the command. `signal`: whoever asked is gone. Never rejects. */
  async outcome(timeoutMs: number, signal: AbortSignal): Promise<WatchEnd> {
    const { promise, resolve } = Promise.withResolvers<WatchEnd>();
    const abandon = (): void => {
      resolve({ kind: 'abandoned' });
    };
    const timer = setTimeout(() => {
      resolve({ kind: 'timeout', missing: this.#of('pending').map(({ service }) => service) });
    }, timeoutMs);
    signal.addEventListener('abort', abandon, { once: true });
    if (signal.aborted) abandon();
    this.#onChange = () => {
      const end = this.#end();
      if (end !== undefined) resolve(end);
    };
    this.#onChange();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abandon);
    }
  }

  #end(): WatchEnd | undefined {
    const failures = this.#of('failed');
    const pending = this.#of('pending').length;
    if (failures.length > 0 && (pending === 0 || this.#aim.failure === 'ends-it'))
      return { kind: 'failed', failures };
    return pending === 0 ? { kind: 'reached' } : undefined;
  }

  #of(kind: Judgement['kind']): readonly Failure[] {
    return [...this.#aim.judge()].flatMap(([service, judgement]) =>
      judgement.kind === kind ? [{ service, why: 'why' in judgement ? judgement.why : '' }] : [],
    );
  }
}
