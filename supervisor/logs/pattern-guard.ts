// Keeps a regular expression from holding up the logs: where it may take long it is given a limit, and once it has reached that it is not tried
// any more where it might again. What its text tells of its cost: core/pattern-cost.ts. Patterns that run away are refused before.
import type { ServiceName } from '../core/names.ts';
import { examinePattern } from '../core/pattern-cost.ts';
import { callWithin } from './redaction/watched-call.ts';

/** Far beyond what any line takes, so that a machine that stands still for a moment costs nothing. */
const LIMIT_MS = 1_000;

/** Steps that are taken without a limit: some milliseconds. */
const FREE_STEPS = 50_000_000;

export type Guarded<Result> =
  { readonly kind: 'known'; readonly result: Result } | { readonly kind: 'unknown' };

const UNKNOWN = { kind: 'unknown' } as const;

export class PatternGuard {
  readonly #power: number;
  readonly #onGivenUp: () => void;
  #state: 'trusted' | 'given-up' = 'trusted';

  /** `power`: see PatternCost. */
  constructor(power: number, onGivenUp: () => void) {
    this.#power = power;
    this.#onGivenUp = onGivenUp;
  }

  /** Of a pattern as it stands in the configuration. Throws for one that is none, and for one that runs away. */
  static of(pattern: string, onGivenUp: () => void): PatternGuard {
    const cost = examinePattern(pattern);
    if (cost.kind === 'runaway') throw new SyntaxError(`it runs away: ${cost.part}`);
    return new PatternGuard(cost.power, onGivenUp);
  }

  /** Whether trying it on text of so many characters may take long; then it costs 0.2 ms more at the least. */
  isLong(characters: number): boolean {
    return characters > 1 && characters ** this.#power > FREE_STEPS;
  }

  /** `attempt`: tries it on lines of so many characters at the most. */
  run<Result>(characters: number, attempt: () => Result): Guarded<Result> {
    if (!this.isLong(characters)) return { kind: 'known', result: attempt() };
    if (this.#state === 'given-up') return UNKNOWN;
    const answer = callWithin(LIMIT_MS, attempt);
    if (answer !== undefined) return { kind: 'known', result: answer.result };
    this.#state = 'given-up';
    this.#onGivenUp();
    return UNKNOWN;
  }
}

/** Of each pattern that lines of a service are tried with, also in its next runs. */
export class ServiceGuards {
  readonly #tell: (service: ServiceName, text: string) => void;
  readonly #guards = new Map<string, PatternGuard>();

  constructor(tell: (service: ServiceName, text: string) => void) {
    this.#tell = tell;
  }

  /** `text`: what is told when it has taken too long. Throws as PatternGuard.of does. */
  of(service: ServiceName, pattern: string, text: string): PatternGuard {
    const key = `${service}\n${pattern}`;
    const guard =
      this.#guards.get(key) ??
      PatternGuard.of(pattern, () => {
        this.#tell(service, text);
      });
    this.#guards.set(key, guard);
    return guard;
  }

  /** Another configuration has others. */
  clear(): void {
    this.#guards.clear();
  }
}
