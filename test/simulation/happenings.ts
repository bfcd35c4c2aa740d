// What may happen next in a simulated container: a deadline, a process's doing, an answer of a probe, a word of the service itself, the
// end of a hook, an operator's wish, a new configuration, something late about an old run, a clock that is set.
import type { ExitStatus } from '../../supervisor/core/exit-status.ts';
import type { CommandVerb, Input } from '../../supervisor/core/input.ts';
import type { Pid, RunId } from '../../supervisor/core/names.ts';
import type { Notice } from '../../supervisor/core/notice.ts';
import { plannedProbes } from '../../supervisor/core/probe-plan.ts';
import { isLive } from '../../supervisor/core/service-state.ts';
import type { Choices } from './choices.ts';
import type { FakeRun } from './fake-process.ts';
import { changedFleet } from './fleet-from.ts';
import { jobActs, oldJobStirs, operatorRunsJobs, timerComesEarly } from './job-happenings.ts';
import type { World } from './world.ts';

const SIGTERM = 15;
const DAY_MS = 86_400_000;

const HAPPENINGS: readonly ((world: World) => void)[] = [
  advance,
  advance,
  processActs,
  processActs,
  probeAnswers,
  probeAnswers,
  serviceTells,
  hookEnds,
  hookEnds,
  operatorActs,
  configurationChanges,
  oldRunStirs,
  operatorRunsJobs,
  jobActs,
  jobsGoAstray,
  timePasses,
  strangerIsLookedFor,
  strangerIsLookedFor,
];

export function happen(world: World): void {
  world.choices.pick(HAPPENINGS)(world);
}

function advance(world: World): void {
  world.advance();
}

function jobsGoAstray(world: World): void {
  if (world.choices.below(2) === 1) oldJobStirs(world);
  else timerComesEarly(world);
}

function timePasses(world: World): void {
  const { choices } = world;
  // The wall clock is set by a day in either direction now and then; nothing but the calendar may care.
  if (choices.below(6) === 5) world.wallOffsetMs += choices.pick([DAY_MS, -DAY_MS]);
  world.letPass(choices.pick([0, 1, 40, 400, 400, 4000, 4000, 70_000]));
}

function processActs(world: World): void {
  const { choices } = world;
  world.landLaunches();
  const living = [...world.runs.values()].filter((run) => run.living > 0);
  if (living.length === 0) return;
  const run = choices.pick(living);
  if (run.leader === 'dead' || choices.below(4) === 3) run.others = 0;
  if (run.leader === 'alive' && choices.below(3) > 0) world.feed(...run.leaderDies(endOf(run, choices)));
  else if (run.leader === 'dead') world.feed(...run.leaderDies({ kind: 'code', code: 0 }));
}

/** Of somebody else's process nobody may know how it ended. */
function endOf({ program }: FakeRun, choices: Choices): ExitStatus {
  if (program === 'attached' && choices.below(3) === 2) return { kind: 'unknown' };
  return { kind: 'code', code: choices.pick([0, 0, 1, 3]) };
}

function strangerIsLookedFor(world: World): void {
  const { strangers, choices, runs } = world;
  const word =
    choices.below(6) === 5
      ? strangers.lateWord(world.nextPid(), choices)
      : strangers.look(world.nextPid(), choices, runs);
  world.feed(...word);
}

/** What is asked, and what is told by a descriptor, a line or a missed watchdog. */
function probeAnswers(world: World): void {
  const { choices, model, fleet } = world;
  const asked = model.spec.services.flatMap((spec, index) => {
    const record = fleet.services[index];
    if (record === undefined || !isLive(record.state)) return [];
    const { run } = record.state;
    const planned = plannedProbes(spec, record).map(({ purpose }) => purpose);
    const told = [
      ...(spec.startup.kind === 'log' ? (['startup'] as const) : []),
      ...(spec.readiness.kind === 'log' ? (['readiness'] as const) : []),
      ...(spec.liveness.kind === 'watchdog' ? (['liveness'] as const) : []),
    ];
    return [...planned, ...told].map((purpose) => ({ service: spec.name, run, purpose }));
  });
  if (asked.length === 0) return;
  const probe = choices.pick(asked);
  // An answer may also come late, for a run that is over.
  const run = choices.below(10) === 9 ? ((probe.run - 1) as RunId) : probe.run;
  const answer =
    choices.below(3) < 2 ? ({ kind: 'ok' } as const) : ({ kind: 'failed', reason: 'refused' } as const);
  world.feed({ type: 'probed', ...probe, run, answer });
}

function serviceTells(world: World): void {
  const { choices } = world;
  const living = [...world.runs.values()].filter((run) => run.leader === 'alive');
  if (living.length === 0) return;
  const { service, run, pid } = choices.pick(living);
  if (choices.below(8) === 7) {
    world.feed({ type: 'strays-found', service, run, strays: [{ pid, name: 'daemon' }] });
    return;
  }
  const notices: readonly Notice[] = [
    { kind: 'ready' },
    { kind: 'reloading' },
    { kind: 'stopping' },
    { kind: 'status', text: 'busy' },
    { kind: 'main-pid', pid: (pid + 1000) as Pid },
    { kind: 'extend-timeout', byMs: choices.pick([1000, 100_000]) },
  ];
  const told = [choices.pick(notices), ...(choices.below(3) === 2 ? [choices.pick(notices)] : [])];
  world.feed({ type: 'notified', service, run, notices: told });
}

function hookEnds(world: World): void {
  const { choices, hooks } = world;
  if (hooks.underWay.length === 0) return;
  world.feed(...hooks.end(choices.pick(hooks.underWay), choices.pick(['done', 'done', 'failed'])));
}

function operatorActs(world: World): void {
  const { choices, model } = world;
  if (model.spec.services.length === 0) return;
  const service = choices.pick(model.spec.services).name;
  const wish = choices.below(12);
  if (wish === 11) {
    world.feed({ type: 'signal-received', signal: 'SIGTERM', number: SIGTERM });
    return;
  }
  if (wish === 10) {
    world.feed({ type: 'signal-received', signal: 'SIGHUP', number: 1 });
    return;
  }
  if (wish === 9) {
    command(world, { verb: 'signal', services: [service], signal: 'SIGUSR1' });
    return;
  }
  const verbs = ['start', 'stop', 'restart', 'reload'] as const;
  command(world, { verb: verbs[wish % 4] ?? 'start', services: [service] });
}

function configurationChanges(world: World): void {
  if (world.choices.below(3) === 2) return;
  const target = changedFleet(world.choices, world.wanted);
  if (world.fleet.phase.kind === 'up') world.wanted = target;
  command(world, { verb: 'apply', target });
}

function command(world: World, verb: CommandVerb): void {
  world.feed({ type: 'command', command: { id: 'c1', actor: 'uid:0', ...verb } });
}

/** Something late about a run that is over. */
function oldRunStirs(world: World): void {
  const { choices } = world;
  const old = [...world.runs.values()].filter((run) => run.told === 'gone');
  if (old.length === 0) return;
  const { service, run, pid } = choices.pick(old);
  const exit: ExitStatus = { kind: 'code', code: 1 };
  world.feed(
    choices.pick<Input>([
      { type: 'exited', service, run, exit, group: 'empty' },
      { type: 'group-emptied', service, run },
      { type: 'spawned', service, run, pid, degraded: [] },
      { type: 'notified', service, run, notices: [{ kind: 'ready' }, { kind: 'status', text: 'late' }] },
      { type: 'hook-finished', service, run, hook: 'pre_start', outcome: { kind: 'failed', detail: 'late' } },
      {
        type: 'timer',
        service,
        run,
        timer: choices.pick(['startup-timeout', 'kill', 'backoff', 'backoff-reset', 'schedule']),
      },
    ]),
  );
}
