// The truth about the processes of a run, which the core only hears about: who lives, who obeys, what has been told.
import type { ExitStatus } from '../../supervisor/core/exit-status.ts';
import type { Input } from '../../supervisor/core/input.ts';
import type { Pid, RunId, ServiceName } from '../../supervisor/core/names.ts';
import type { Choices } from './choices.ts';

const SIGTERM = 15;
const SIGKILL = 9;

export class FakeRun {
  readonly service: ServiceName;
  readonly run: RunId;
  readonly pid: Pid;
  readonly program: 'command' | 'down' | 'attached';
  readonly obedience: 'obeys' | 'ignores-term' | 'leaves-others';
  leader: 'alive' | 'dead' = 'alive';
  /** Members of its group beside the leader. */
  others: number;
  /** What outlived a leader that alone was to be stopped is nobody's any more. */
  rest: 'belongs' | 'left-alone' = 'belongs';
  told: 'nothing' | 'exit' | 'gone' = 'nothing';
  readonly #choices: Choices;

  constructor(identity: Pick<FakeRun, 'service' | 'run' | 'pid' | 'program'>, choices: Choices) {
    this.service = identity.service;
    this.run = identity.run;
    this.pid = identity.pid;
    this.program = identity.program;
    this.#choices = choices;
    // Whatever belongs to somebody else's process is nobody's business here.
    this.others = identity.program === 'attached' ? 0 : choices.pick([0, 0, 2]);
    this.obedience = choices.pick(['obeys', 'obeys', 'ignores-term', 'leaves-others']);
  }

  /** Whatever a new run of the service must not meet. */
  get members(): number {
    return this.rest === 'left-alone' ? 0 : this.living;
  }

  /** It lives on, and Bosun has nothing to do with it any more. */
  letGo(): void {
    this.rest = 'left-alone';
    this.leader = 'dead';
  }

  get living(): number {
    return (this.leader === 'alive' ? 1 : 0) + this.others;
  }

  /** What the reaper would tell after this signal to all of them. */
  signalGroup(signal: string): readonly Input[] {
    if (signal !== 'SIGKILL' && this.obedience === 'ignores-term') return [];
    if (signal === 'SIGKILL' || this.obedience === 'obeys') this.others = 0;
    return this.leaderDies(this.#exitAfter(signal));
  }

  signalLeader(signal: string): readonly Input[] {
    if (this.leader === 'dead' || (signal !== 'SIGKILL' && this.obedience === 'ignores-term')) return [];
    // A parent that ends its children itself, as those do who want only the leader to be asked.
    if (signal !== 'SIGKILL' && this.obedience === 'obeys') this.others = 0;
    return this.leaderDies(this.#exitAfter(signal));
  }

  leaderDies(exit: ExitStatus): readonly Input[] {
    const { service, run } = this;
    if (this.leader === 'alive') {
      this.leader = 'dead';
      this.told = this.others === 0 ? 'gone' : 'exit';
      return [{ type: 'exited', service, run, exit, group: this.others === 0 ? 'empty' : 'populated' }];
    }
    if (this.others > 0 || this.told !== 'exit') return [];
    this.told = 'gone';
    return [{ type: 'group-emptied', service, run }];
  }

  /** Some end when asked with a code of their own, some by the signal. */
  #exitAfter(signal: string): ExitStatus {
    if (signal === 'SIGKILL')
      return { kind: 'signal', signal: 'SIGKILL', number: SIGKILL, core: 'none', by: 'unknown' };
    return this.#choices.below(2) === 0
      ? { kind: 'code', code: this.#choices.pick([0, 1]) }
      : { kind: 'signal', signal: 'SIGTERM', number: SIGTERM, core: 'none', by: 'unknown' };
  }
}
