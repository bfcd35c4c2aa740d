// Starts the process of a job and lends its pipes to the control plane. Whatever fails on the way is an input like any other.
import type { Effect } from '../core/effect.ts';
import type { Input } from '../core/input.ts';
import type { EnginePorts } from './ports.ts';

type Submit = (input: Input) => void;

export class JobStart {
  readonly #ports: Pick<EnginePorts, 'runs' | 'plane'>;

  constructor(ports: Pick<EnginePorts, 'runs' | 'plane'>) {
    this.#ports = ports;
  }

  start({ job, run, spec }: Extract<Effect, { type: 'spawn-job' }>, submit: Submit): void {
    const launch = this.#ports.runs.launchJob(spec, { job, run });
    if (launch.kind === 'failed') {
      submit({ type: 'job-spawn-failed', job, error: launch.error });
      return;
    }
    // First of all: whatever happens to its pipes, the job has a process.
    submit({ type: 'job-spawned', job, run, pid: launch.pid, degraded: launch.degraded });
    for (const { stream, fd } of launch.ends) this.#ports.plane.lendJob({ job, run, stream, fd });
  }
}
