// The truth about the processes of jobs, which the core only hears about: who lives, who obeys, what has been told.
import type { Effect } from '../../supervisor/core/effect.ts';
import type { BosunEvent } from '../../supervisor/core/event.ts';
import type { ExitStatus } from '../../supervisor/core/exit-status.ts';
import type { Input } from '../../supervisor/core/input.ts';
import type { JobId, Pid, RunId } from '../../supervisor/core/names.ts';
import type { Choices } from './choices.ts';

const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15, SIGKILL: 9 } as const;

export class FakeJob {
  readonly job: JobId;
  readonly run: RunId;
  readonly pid: Pid;
  readonly obedience: 'obeys' | 'ignores-int' | 'ignores-term' | 'leaves-others';
  leader: 'alive' | 'dead' = 'alive';
  /** Members of its group beside the leader. */
  others: number;
  exit: ExitStatus | undefined;
  told: 'nothing' | 'exit' | 'gone' = 'nothing';

  constructor(identity: Pick<FakeJob, 'job' | 'run' | 'pid'>, choices: Choices) {
    this.job = identity.job;
    this.run = identity.run;
    this.pid = identity.pid;
    this.others = choices.pick([0, 0, 2]);
    this.obedience = choices.pick(['obeys', 'ignores-int', 'ignores-term', 'leaves-others']);
  }

  get living(): number {
    return (this.leader === 'alive' ? 1 : 0) + this.others;
  }

  /** What the reaper would tell after this signal to all of them. */
  signalGroup(signal: keyof typeof NUMBERS): readonly Input[] {
    if (!this.#obeys(signal)) return [];
    if (signal === 'SIGKILL' || this.obedience !== 'leaves-others') this.others = 0;
    return this.leaderDies({
      kind: 'signal',
      signal,
      number: NUMBERS[signal],
      core: 'none',
      by: 'unknown',
    });
  }

  leaderDies(exit: ExitStatus): readonly Input[] {
    const { job } = this;
    if (this.leader === 'alive') {
      this.leader = 'dead';
      this.exit = exit;
      this.told = this.others === 0 ? 'gone' : 'exit';
      return [{ type: 'job-exited', job, exit, group: this.others === 0 ? 'empty' : 'populated' }];
    }
    if (this.others > 0 || this.told !== 'exit') return [];
    this.told = 'gone';
    return [{ type: 'job-group-emptied', job }];
  }

  #obeys(signal: keyof typeof NUMBERS): boolean {
    if (signal === 'SIGKILL') return true;
    if (this.obedience === 'ignores-term') return false;
    return signal === 'SIGTERM' || this.obedience !== 'ignores-int';
  }
}

export class FakeJobs {
  readonly byId = new Map<JobId, FakeJob>();
  /** When the first signal of its stop was sent. */
  readonly stoppingSinceMs = new Map<JobId, number>();
  /** Of all that were asked for, their spawn included or not. */
  readonly begun = new Set<JobId>();

  get living(): number {
    return [...this.byId.values()].reduce((sum, job) => sum + job.living, 0);
  }

  /** Before the rules look. */
  note(events: readonly BosunEvent[], nowMs: number): void {
    for (const event of events)
      if (event.type === 'job-pressed' && !this.stoppingSinceMs.has(event.job))
        this.stoppingSinceMs.set(event.job, nowMs);
  }

  /** What comes of it; a process that lives, or none. */
  spawn({ job, run }: Extract<Effect, { type: 'spawn-job' }>, pid: Pid, choices: Choices): Input {
    this.begun.add(job);
    if (choices.below(8) === 7)
      return { type: 'job-spawn-failed', job, error: { code: 'EMFILE', message: 'EMFILE' } };
    this.byId.set(job, new FakeJob({ job, run, pid }, choices));
    return { type: 'job-spawned', job, run, pid, degraded: [] };
  }

  signal({ job, signal, whom }: Extract<Effect, { type: 'signal-job' }>): readonly Input[] {
    if (whom === 'leader' || !(signal in NUMBERS)) return [];
    return this.byId.get(job)?.signalGroup(signal as keyof typeof NUMBERS) ?? [];
  }

  /** The last act of PID 1. */
  sweep(signal: 'SIGTERM' | 'SIGKILL'): void {
    for (const job of this.byId.values()) job.signalGroup(signal);
  }
}
