// A long random history as the engine would record it: one life of a simulated container after the other, with jobs, through the
// real decide. The same seed gives the same history.
import type { BosunEvent, RecordedEvent } from '../../../../supervisor/core/event.ts';
import type { Effect } from '../../../../supervisor/core/effect.ts';
import { createFleet, type Fleet } from '../../../../supervisor/core/fleet.ts';
import type { CommandVerb } from '../../../../supervisor/core/input.ts';
import { isLiveJob, type JobRecord } from '../../../../supervisor/core/job.ts';
import type { JobId, Pid } from '../../../../supervisor/core/names.ts';
import { Recorder } from '../../../../supervisor/engine/recorder.ts';
import { Choices } from '../../../simulation/choices.ts';
import { fleetFrom } from '../../../simulation/fleet-from.ts';
import { happen } from '../../../simulation/happenings.ts';
import { World } from '../../../simulation/world.ts';
import { job } from '../../../support/specs.ts';

const CHOICES_OF_A_LIFE = 1500;

export class RandomHistory {
  readonly #random: () => number;
  readonly #recorder: Recorder;
  readonly #told: (events: readonly RecordedEvent[]) => void;
  #world: World | undefined;
  #nowMs = 0;

  /** `told`: the events of one input, as the engine publishes them. */
  constructor(seed: number, told: (events: readonly RecordedEvent[]) => void) {
    this.#random = randomFrom(seed);
    this.#told = told;
    const never = { cancel: () => undefined };
    this.#recorder = new Recorder({
      nowMs: () => this.#nowMs,
      wallMs: () => 1_800_000_000_000 + Math.round(this.#nowMs),
      at: () => never,
      atWall: () => never,
    });
  }

  get lastId(): number {
    return this.#recorder.lastId;
  }

  /** The engine's own state. */
  get fleet(): Fleet {
    return this.#world?.fleet ?? createFleet([]);
  }

  goOn(toId: number): void {
    while (this.lastId < toId) this.#live(toId);
  }

  #live(toId: number): void {
    const stream = Array.from({ length: CHOICES_OF_A_LIFE }, () => Math.floor(this.#random() * 65_536));
    const choices = new Choices(stream);
    const nextJob = this.fleet.nextJob as JobId;
    const world = new World(fleetFrom(choices), choices, ({ events, effects, nowMs }) => {
      this.#nowMs = nowMs;
      this.#record(events);
      for (const effect of effects) answerForJob(world, effect);
    });
    this.#world = world;
    world.feed({ type: 'boot', resume: { stopped: [], nextJob } });
    while (!choices.exhausted && world.exitCode === undefined && this.lastId < toId) {
      happen(world);
      if (choices.below(6) === 5) jobHappens(world);
    }
  }

  #record(events: readonly BosunEvent[]): void {
    const recorded = events.map((event) =>
      this.#recorder.record(event, { actor: 'bosun', command: '', cause: this.lastId }),
    );
    if (recorded.length > 0) this.#told(recorded);
  }
}

/** The world has no processes for jobs: what becomes of them is told to it here, so that none holds up a shutdown. */
function answerForJob(world: World, effect: Effect): void {
  if (effect.type === 'spawn-job') spawnJob(world, effect);
  else if (effect.type === 'signal-job' && effect.signal === 'SIGKILL')
    world.feed(
      { type: 'job-exited', job: effect.job, exit: { kind: 'code', code: 137 }, group: 'empty' },
      { type: 'job-group-emptied', job: effect.job },
    );
}

function spawnJob(world: World, { job: id, run }: Extract<Effect, { type: 'spawn-job' }>): void {
  if (world.choices.below(5) === 4)
    world.feed({ type: 'job-spawn-failed', job: id, error: { code: 'ENOENT', message: 'not there' } });
  else world.feed({ type: 'job-spawned', job: id, run, pid: (100_000 + id) as Pid, degraded: [] });
}

function jobHappens(world: World): void {
  const { choices, fleet } = world;
  const live = fleet.jobs.filter(isLiveJob);
  if (live.length === 0 || choices.below(3) === 2) {
    command(world, { verb: 'run-job', spec: job('true', { timeoutMs: choices.pick([0, 5000]) }) });
    return;
  }
  jobGoesOn(world, choices.pick(live));
}

function jobGoesOn(world: World, { id, run }: JobRecord): void {
  const { choices } = world;
  const exit = { kind: 'code', code: choices.below(3) } as const;
  switch (choices.below(5)) {
    case 0:
      command(world, { verb: 'stop-job', job: id, cause: choices.pick(['asked', 'hangup']) });
      return;
    case 1:
      command(world, { verb: 'signal-job', job: id, signal: 'SIGUSR1' });
      return;
    case 2:
      world.feed({ type: 'job-exited', job: id, exit, group: choices.pick(['empty', 'populated']) });
      return;
    case 3:
      world.feed({ type: 'job-timer', job: id, run });
      return;
    default:
      world.feed({ type: 'job-exited', job: id, exit, group: 'empty' });
  }
}

function command(world: World, verb: CommandVerb): void {
  world.feed({ type: 'command', command: { id: 'c', actor: 'uid:0', ...verb } });
}

/** mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
