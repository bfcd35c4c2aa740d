// What the engine hands to the next process image, and what that one makes of it. Everything that can be known from the state, such as
// timers and probes, is not in it. Times are on CLOCK_MONOTONIC, which execve(2) does not reset.
import type { Input } from '../core/input.ts';
import type { ExitStatus } from '../core/exit-status.ts';
import type { Fleet, ServiceRecord } from '../core/fleet.ts';
import type { JobRecord } from '../core/job.ts';
import type { RunId } from '../core/names.ts';
import type { FleetSpec } from '../core/service-spec.ts';
import { isLive, type LiveState, type RunProcess } from '../core/service-state.ts';
import type { Errand } from './companions.ts';
import type { Launches } from './probe-set.ts';
import type { Numbering } from './recorder.ts';
import type { RunVoice } from './run-start.ts';

export type EngineSnapshot = {
  readonly spec: FleetSpec;
  readonly target: FleetSpec | undefined;
  readonly fleet: Fleet;
  readonly numbering: Required<Numbering>;
  readonly launches: Launches;
  readonly voices: readonly RunVoice[];
  /** Asked for, and not come back. */
  readonly errands: readonly Errand[];
};

/** What is there in fact, when the state is taken up again. */
export type Found = {
  /** Runs whose processes are known, or whose ends are still to be told. */
  readonly runs: ReadonlySet<RunId>;
  /** Whether an errand had begun: then it was ended with the image before. Else it is begun now. */
  readonly isLost: (errand: Errand) => boolean;
};

const LOST = 'lost when Bosun was replaced after an internal error';
/** Nobody can tell how it ended any more. */
const UNKNOWN_EXIT: ExitStatus = { kind: 'unknown' };

/** The errands that nobody has begun. */
export function unbegun({ errands }: EngineSnapshot, { isLost }: Found): readonly Errand[] {
  return errands.filter((errand) => !isLost(errand));
}

/** So that nothing waits for ever for what was lost. Empty after an upgrade, which waits until nothing is under way. */
export function inputsForLost(
  { fleet, errands }: Pick<EngineSnapshot, 'fleet' | 'errands'>,
  found: Found,
): readonly Input[] {
  return [
    ...errands.filter(found.isLost).flatMap(inputForErrand),
    ...fleet.services.flatMap((record) => inputForRun(record, errands, found.runs)),
    ...fleet.jobs.flatMap((job) => inputForJob(job, found.runs)),
  ];
}

function inputForErrand(errand: Errand): readonly Input[] {
  const { service, run } = errand;
  const outcome = { kind: 'failed', detail: LOST } as const;
  if (errand.kind === 'reload') return [{ type: 'reloaded', service, run, outcome }];
  // Nothing waits for it, and to tell that it has failed would end a service that runs well.
  if (errand.hook === 'post_start') return [];
  return [{ type: 'hook-finished', service, run, hook: errand.hook, outcome }];
}

function inputForRun(
  { name: service, state }: ServiceRecord,
  errands: readonly Errand[],
  runs: ReadonlySet<RunId>,
): readonly Input[] {
  if (!isLive(state) || runs.has(state.run)) return [];
  // Between its hook and what comes of it.
  if (errands.some(({ run }) => run === state.run)) return [];
  const { run } = state;
  const process = processOf(state);
  switch (process) {
    case 'looking':
      // The search is begun again.
      return [];
    case 'preparing':
      return [finished(service, run, 'pre_start')];
    case 'launching':
      return [{ type: 'spawn-failed', service, run, error: { code: 'ECANCELED', message: LOST } }];
    case 'launched':
      return [endOfLaunched(service, state)];
  }
}

function processOf(state: LiveState): RunProcess['kind'] {
  return state.kind === 'starting' || state.kind === 'stopping' ? state.process.kind : 'launched';
}

function endOfLaunched(service: ServiceRecord['name'], state: LiveState): Input {
  const { run } = state;
  if (state.kind !== 'stopping' || state.exit === undefined)
    return { type: 'exited', service, run, exit: UNKNOWN_EXIT, group: 'empty' };
  return state.step === 'post-stop'
    ? finished(service, run, 'post_stop')
    : { type: 'group-emptied', service, run };
}

function finished(service: ServiceRecord['name'], run: RunId, hook: 'pre_start' | 'post_stop'): Input {
  return { type: 'hook-finished', service, run, hook, outcome: { kind: 'failed', detail: LOST } };
}

function inputForJob({ id: job, run, state }: JobRecord, runs: ReadonlySet<RunId>): readonly Input[] {
  if (runs.has(run)) return [];
  switch (state.kind) {
    case 'starting':
      return [{ type: 'job-spawn-failed', job, error: { code: 'ECANCELED', message: LOST } }];
    case 'running':
      return [{ type: 'job-exited', job, exit: UNKNOWN_EXIT, group: 'empty' }];
    case 'stopping':
      return state.exit === undefined
        ? [{ type: 'job-exited', job, exit: UNKNOWN_EXIT, group: 'empty' }]
        : [{ type: 'job-group-emptied', job }];
    case 'ended':
      return [];
  }
}
