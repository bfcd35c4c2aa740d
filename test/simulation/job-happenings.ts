// What may happen to jobs: an operator's wish, a process's doing, something late about one that is over or was never there.
import type { CommandVerb, Input } from '../../supervisor/core/input.ts';
import { MOST_ENDED_JOBS } from '../../supervisor/core/job.ts';
import type { JobId, Pid, RunId } from '../../supervisor/core/names.ts';
import { job } from '../support/specs.ts';
import type { World } from './world.ts';

export function operatorRunsJobs(world: World): void {
  const { choices, jobs } = world;
  const known = [...jobs.begun];
  const wish = choices.below(6);
  if (known.length === 0 || wish < 2) {
    const spec = job('true', {
      stopIntervalMs: choices.pick([1000, 0, 100, 60_000]),
      timeoutMs: choices.pick([0, 0, 300, 3000]),
    });
    command(world, { verb: 'run-job', spec });
    return;
  }
  // Of the newest, and now and then of one that nobody knows.
  const id = choices.below(12) === 11 ? (9_999_999 as JobId) : choices.pick(known.slice(-3));
  if (wish === 5) command(world, { verb: 'signal-job', job: id, signal: 'SIGUSR1' });
  else command(world, { verb: 'stop-job', job: id, cause: choices.pick(['asked', 'hangup']) });
}

export function jobActs(world: World): void {
  const { choices, jobs } = world;
  if (choices.below(2) === 1) world.landLaunches();
  const living = [...jobs.byId.values()].filter(({ living }) => living > 0);
  if (living.length === 0) return;
  const job = choices.pick(living);
  if (choices.below(6) === 5) {
    world.feed({ type: 'job-strays-found', job: job.job, strays: [{ pid: job.pid, name: 'daemon' }] });
    return;
  }
  // Its end can be told only when its start has been.
  world.landLaunches();
  if (job.leader === 'dead' || choices.below(4) === 3) job.others = 0;
  world.feed(...job.leaderDies({ kind: 'code', code: choices.pick([0, 1, 3]) }));
}

/** Something late about one that is over, or of no job at all. */
export function oldJobStirs(world: World): void {
  const { choices, jobs } = world;
  const old = [...jobs.byId.values()].filter(({ told }) => told === 'gone');
  const nobody = { job: 9_999_999 as JobId, run: 9_999_999 as RunId, pid: 7 as Pid };
  const { job, run, pid } = choices.below(6) === 5 ? nobody : choices.pick([nobody, ...old]);
  world.feed(
    choices.pick<Input>([
      { type: 'job-exited', job, exit: { kind: 'code', code: 1 }, group: 'empty' },
      { type: 'job-exited', job, exit: { kind: 'code', code: 1 }, group: 'populated' },
      { type: 'job-group-emptied', job },
      { type: 'job-spawned', job, run, pid, degraded: [] },
      { type: 'job-spawn-failed', job, error: { code: 'ENOENT', message: 'late' } },
      { type: 'job-timer', job, run },
    ]),
  );
}

/** A timer that fires although it is not due, or was armed for a state that has passed. */
export function timerComesEarly(world: World): void {
  const live = world.fleet.jobs.filter(({ state }) => state.kind !== 'ended');
  if (live.length === 0) return;
  const { id, run } = world.choices.pick(live);
  world.feed({ type: 'job-timer', job: id, run });
}

/** As many as are remembered have ended before: the next one that ends lets the oldest be forgotten. */
export function rememberMany(world: World): void {
  const { fleet } = world;
  for (let count = 0; count < MOST_ENDED_JOBS; count++) {
    const id = (fleet.nextJob + count) as JobId;
    world.record(
      {
        type: 'job-requested',
        job: id,
        run: (fleet.nextRun + count) as RunId,
        shown: [],
        context: undefined,
        input: 'none',
        owner: 'uid:0',
        stopIntervalMs: 0,
        timeoutMs: 0,
        outputLimitBytes: 0,
        atMs: world.nowMs,
      },
      {
        type: 'job-ended',
        job: id,
        end: { kind: 'exited', exit: { kind: 'code', code: 0 } },
        atMs: world.nowMs,
      },
    );
  }
}

function command(world: World, verb: CommandVerb): void {
  world.feed({ type: 'command', command: { id: 'c1', actor: 'uid:0', ...verb } });
}
