// What the engine has accepted lately, by the ids of the commands: a control plane that died before it could note the reply gives
// the same command again, and it must not be done twice. Bounded in number, in names, and in time.
import type { CommandResult } from '../core/effect.ts';

type Acceptance = Extract<CommandResult, { kind: 'accepted' }>;
type Remembered = { readonly result: Acceptance; readonly atMs: number };
export type KeptAcceptance = { readonly id: string; readonly result: Acceptance; readonly ageMs: number };

const MOST_COMMANDS = 4096;
/** Of services, in all of them together. */
const MOST_NAMES = 65_536;
/** After that, the same key is not a repetition but another request. */
const LONGEST_MS = 3_600_000;

export class CommandMemory {
  readonly #nowMs: () => number;
  readonly #accepted = new Map<string, Remembered>();
  #names = 0;

  /** `nowMs`: monotonic. `kept`: from another memory, oldest first. */
  constructor(nowMs: () => number, kept: readonly KeptAcceptance[] = []) {
    this.#nowMs = nowMs;
    for (const { id, result, ageMs } of kept) {
      this.#accepted.set(id, { result, atMs: nowMs() - ageMs });
      this.#names += result.services.length;
    }
  }

  /** By age, since the next one may have a clock that began later. */
  get kept(): readonly KeptAcceptance[] {
    const nowMs = this.#nowMs();
    return [...this.#accepted].map(([id, { result, atMs }]) => ({ id, result, ageMs: nowMs - atMs }));
  }

  /** The result of when it was done; undefined when it is to be done. */
  find(id: string): Acceptance | undefined {
    const remembered = this.#accepted.get(id);
    return remembered === undefined || this.#nowMs() - remembered.atMs > LONGEST_MS
      ? undefined
      : remembered.result;
  }

  /** A refusal has had no effect: what was refused may be asked for again. */
  note(id: string, result: CommandResult): void {
    if (result.kind !== 'accepted') return;
    this.#forget(id);
    this.#accepted.set(id, { result, atMs: this.#nowMs() });
    this.#names += result.services.length;
    for (const oldest of this.#accepted.keys()) {
      if (this.#accepted.size <= MOST_COMMANDS && this.#names <= MOST_NAMES) return;
      this.#forget(oldest);
    }
  }

  #forget(id: string): void {
    this.#names -= this.#accepted.get(id)?.result.services.length ?? 0;
    this.#accepted.delete(id);
  }
}
