// The truth about processes that Bosun did not start, by the run that looks for one or holds it: which are looked for, which were found, which
// were let go of and live on.
import type { Effect } from '../../supervisor/core/effect.ts';
import type { Input } from '../../supervisor/core/input.ts';
import type { Pid, RunId, ServiceName } from '../../supervisor/core/names.ts';
import type { Choices } from './choices.ts';
import { FakeRun } from './fake-process.ts';

type Held = { readonly service: ServiceName; readonly run: RunId };

const FINDINGS = ['no process matches', 'the file does not exist', 'it has ended just now'];

export class FakeStrangers {
  readonly #all = new Map<RunId, ServiceName>();
  readonly #sought = new Map<RunId, ServiceName>();
  readonly #found = new Map<RunId, FakeRun>();

  attach({ service, run }: Extract<Effect, { type: 'attach' }>): void {
    this.#all.set(run, service);
    this.#sought.set(run, service);
  }

  detach(run: RunId): void {
    this.#sought.delete(run);
    this.#found.get(run)?.letGo();
  }

  isOne(run: RunId): boolean {
    return this.#all.has(run);
  }

  isSought(run: RunId): boolean {
    return this.#sought.has(run);
  }

  /** Looked for, or found and not ended. */
  get held(): readonly Held[] {
    const sought = [...this.#sought].map(([run, service]) => ({ run, service }));
    const found = [...this.#found.values()].filter(
      ({ told, rest }) => told === 'nothing' && rest === 'belongs',
    );
    return [...sought, ...found];
  }

  /** What a look at one of them gives. The process becomes a run of the world. */
  look(pid: Pid, choices: Choices, runs: Map<RunId, FakeRun>): readonly Input[] {
    if (this.#sought.size === 0) return [];
    const [run, service] = choices.pick([...this.#sought]);
    if (choices.below(3) === 0) return [{ type: 'looked', service, run, finding: choices.pick(FINDINGS) }];
    const found = new FakeRun({ service, run, pid, program: 'attached' }, choices);
    this.#sought.delete(run);
    this.#found.set(run, found);
    runs.set(run, found);
    return [{ type: 'attached', service, run, pid, others: [], degraded: [] }];
  }

  /** Something late about one that is looked for or held no more. */
  lateWord(pid: Pid, choices: Choices): readonly Input[] {
    const held = new Set(this.held.map(({ run }) => run));
    const over = [...this.#all].filter(([run]) => !held.has(run));
    if (over.length === 0) return [];
    const [run, service] = choices.pick(over);
    return [
      choices.pick<Input>([
        { type: 'looked', service, run, finding: 'late' },
        { type: 'attached', service, run, pid, others: [], degraded: [] },
        { type: 'exited', service, run, exit: { kind: 'unknown' }, group: 'empty' },
      ]),
    ];
  }
}
