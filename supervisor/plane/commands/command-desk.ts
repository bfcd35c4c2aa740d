// Takes commands to the engine and brings back its replies. Bounded: in number and in time.
import type { CommandResult } from '../../core/effect.ts';
import type { CommandVerb } from '../../core/input.ts';
import type { FromPlane } from '../../core/plane-message.ts';
import { newIdentity, type CommandIdentity } from './command-identity.ts';

const REPLY_TIMEOUT_MS = 5000;
/** More unanswered commands than connections there can be means that the engine is stuck. */
const MOST_PENDING = 512;

export type DeskAnswer = CommandResult | { readonly kind: 'no-answer' } | { readonly kind: 'closed' };
export type Submitted = { readonly id: string; readonly answer: DeskAnswer };

type PendingReply = { readonly settle: (answer: DeskAnswer) => void; readonly timer: NodeJS.Timeout };

export class CommandDesk {
  readonly #post: (message: FromPlane) => void;
  readonly #pending = new Map<string, PendingReply>();
  #closed = false;

  constructor(post: (message: FromPlane) => void) {
    this.#post = post;
  }

  /**
   * Never rejects. `actor`: who asks, such as `uid:0`. `identity`: of the request that it comes from, so that the same request
   * again is not another command.
   */
  async submit(
    actor: string,
    verb: CommandVerb,
    identity: CommandIdentity = newIdentity(0),
  ): Promise<Submitted> {
    const { id, acceptance } = identity;
    if (acceptance !== undefined) return { id, answer: acceptance };
    const answer = await this.#ask(id, actor, verb);
    if (answer.kind === 'accepted') identity.accepted(answer);
    return { id, answer };
  }

  async #ask(id: string, actor: string, verb: CommandVerb): Promise<DeskAnswer> {
    if (this.#closed) return { kind: 'closed' };
    if (this.#pending.size >= MOST_PENDING) return { kind: 'no-answer' };
    return await new Promise<DeskAnswer>((settle) => {
      const timer = setTimeout(() => {
        this.#settle(id, { kind: 'no-answer' });
      }, REPLY_TIMEOUT_MS);
      this.#pending.set(id, { settle, timer });
      this.#post({ type: 'command', command: { id, actor, ...verb } });
    });
  }

  /** The engine has answered. An answer to what nobody waits for any more is dropped. */
  reply(id: string, result: CommandResult): void {
    this.#settle(id, result);
  }

  /** Takes no more; whoever waits is told so. */
  close(): void {
    this.#closed = true;
    for (const id of [...this.#pending.keys()]) this.#settle(id, { kind: 'closed' });
  }

  #settle(id: string, answer: DeskAnswer): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    clearTimeout(pending.timer);
    this.#pending.delete(id);
    pending.settle(answer);
  }
}
