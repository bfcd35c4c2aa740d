// The world of a simulated container: fake processes, fake hooks and fake clocks around the real decide and evolve. Whatever happens
// goes through the same inputs and effects as in the real engine; the rules look at every step. What may happen is happenings.ts.
import { decide } from '../../supervisor/core/decide.ts';
import { createModel, type Model } from '../../supervisor/core/draft.ts';
import type { Effect } from '../../supervisor/core/effect.ts';
import type { BosunEvent } from '../../supervisor/core/event.ts';
import { evolve } from '../../supervisor/core/evolve.ts';
import { createFleet, type Fleet } from '../../supervisor/core/fleet.ts';
import type { Input } from '../../supervisor/core/input.ts';
import type { Pid, RunId, ServiceName } from '../../supervisor/core/names.ts';
import type { Calendar } from '../../supervisor/core/schedule.ts';
import type { FleetSpec, HookName } from '../../supervisor/core/service-spec.ts';
import { fleetTimers, jobTimerAtMs, serviceTimer, type ServiceTimer } from '../../supervisor/core/timers.ts';
import type { Choices } from './choices.ts';
import { FakeHooks } from './fake-hooks.ts';
import { FakeJobs } from './fake-jobs.ts';
import { FakeRun } from './fake-process.ts';
import { FakeStrangers } from './fake-strangers.ts';

export type Step = {
  readonly input: Input;
  readonly before: Fleet;
  readonly after: Fleet;
  readonly events: readonly BosunEvent[];
  readonly effects: readonly Effect[];
  readonly nowMs: number;
};

export type Watcher = (step: Step, world: World) => void;

type Due = { readonly atMs: number; readonly input: Input };

/** In one span of time that passes; the shortest periods are of milliseconds. */
const MOST_DEADLINES = 20_000;
const EVERY_MINUTE_MS = 60_000;
const calendar: Calendar = ({ expression }, afterWallMs) =>
  expression === 'never' ? undefined : (Math.floor(afterWallMs / EVERY_MINUTE_MS) + 1) * EVERY_MINUTE_MS;

export class World {
  readonly choices: Choices;
  readonly runs = new Map<RunId, FakeRun>();
  readonly hooks = new FakeHooks();
  readonly jobs = new FakeJobs();
  readonly strangers = new FakeStrangers();
  readonly events: BosunEvent[] = [];
  /** The configuration that was asked for last. */
  wanted: FleetSpec;
  model: Model;
  fleet: Fleet;
  nowMs = 1000;
  /** What the wall clock says beyond the monotonic one; it is set now and then. */
  wallOffsetMs = 1_000_000;
  exitCode: number | undefined;
  readonly #watch: Watcher;
  readonly #inbox: Input[] = [];
  readonly #launching: Input[] = [];
  readonly #firstNames: readonly ServiceName[];
  #effects: readonly Effect[] = [];
  #nextPid = 100;

  constructor(spec: FleetSpec, choices: Choices, watch: Watcher) {
    this.wanted = spec;
    this.model = createModel(spec, calendar);
    this.#firstNames = spec.services.map((service) => service.name);
    this.fleet = createFleet(this.#firstNames);
    this.choices = choices;
    this.#watch = watch;
  }

  get firstNames(): readonly ServiceName[] {
    return this.#firstNames;
  }

  /** Feeds inputs and everything that their effects bring about at once, as the engine does. */
  feed(...inputs: readonly Input[]): void {
    this.#inbox.push(...inputs);
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) this.#step(next);
  }

  /** To the next deadline, if there is one. */
  advance(): boolean {
    this.landLaunches();
    const next = this.#nextDeadline();
    // What landed may have been the last thing to wait for.
    if (next === undefined) return this.exitCode !== undefined;
    this.nowMs = Math.max(this.nowMs, next.atMs);
    this.feed(next.input);
    return true;
  }

  /** Time passes, and no deadline is passed over: the real timers would have fired. */
  letPass(spanMs: number): void {
    this.landLaunches();
    const untilMs = this.nowMs + spanMs;
    for (let passed = 0; this.exitCode === undefined; passed++) {
      const next = this.#nextDeadline();
      if (next === undefined || next.atMs > untilMs) break;
      if (passed === MOST_DEADLINES) throw new Error('one deadline follows the other, and time stands still');
      this.advance();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** The spawn took its time; anything may have happened meanwhile. */
  landLaunches(): void {
    for (let next = this.#launching.shift(); next !== undefined; next = this.#launching.shift())
      this.feed(next);
  }

  nextPid(): Pid {
    return this.#nextPid++ as Pid;
  }

  membersOf(service: ServiceName): number {
    return sum([...this.runs.values()].filter((run) => run.service === service).map((run) => run.members));
  }

  get livingProcesses(): number {
    return sum([...this.runs.values()].map((run) => run.living)) + this.jobs.living;
  }

  /** Nothing is on its way to the core. */
  get isQuiet(): boolean {
    return this.#inbox.length === 0 && this.#launching.length === 0;
  }

  /** What has happened without the core, before the schedule. */
  record(...events: readonly BosunEvent[]): void {
    this.events.push(...events);
    this.fleet = events.reduce(evolve, this.fleet);
  }

  timerOf(index: number): ServiceTimer | undefined {
    const spec = this.model.spec.services[index];
    const record = this.fleet.services[index];
    return spec === undefined || record === undefined ? undefined : serviceTimer(spec, record);
  }

  /** It is under way, is begun by this very step, or has ended and is about to be told. */
  willEnd(run: RunId, hook: HookName): boolean {
    return (
      this.hooks.isUnderWay(run, hook) ||
      this.#inbox.some(
        (input) => input.type === 'hook-finished' && input.run === run && input.hook === hook,
      ) ||
      this.#effects.some((effect) => effect.type === 'hook' && effect.run === run && effect.hook === hook)
    );
  }

  #step(input: Input): void {
    if (this.exitCode !== undefined) return;
    const before = this.fleet;
    const moment = {
      nowMs: this.nowMs,
      wallMs: this.nowMs + this.wallOffsetMs,
      random: this.choices.below(100) / 100,
    };
    const modelBefore = this.model;
    const { model, fleet, events, effects } = decide(modelBefore, before, input, moment);
    this.model = model;
    this.fleet = fleet;
    this.events.push(...events);
    this.#effects = effects;
    // As the engine does: what accompanies a run ends with its leader, before the effects that may begin something new.
    for (const event of events) {
      if (event.type === 'exited') this.#leaderGone(event, modelBefore);
      if (event.type === 'detached') this.strangers.detach(event.run);
    }
    this.jobs.note(events, this.nowMs);
    this.#watch({ input, before, after: fleet, events, effects, nowMs: this.nowMs }, this);
    for (const effect of effects) this.#perform(effect);
  }

  #leaderGone({ service, run }: Extract<BosunEvent, { type: 'exited' }>, model: Model): void {
    this.#inbox.push(...this.hooks.endWithRun(run));
    const fake = this.runs.get(run);
    const spec = model.spec.services.find(({ name }) => name === service);
    if (fake !== undefined && spec?.stop.killMode === 'process') fake.rest = 'left-alone';
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'spawn':
        this.#spawn(effect);
        return;
      case 'attach':
        this.strangers.attach(effect);
        return;
      case 'signal-group':
      case 'pass-on':
        this.#inbox.push(...(this.runs.get(effect.run)?.signalGroup(effect.signal) ?? []));
        return;
      case 'stop-leader':
        this.#inbox.push(...(this.runs.get(effect.run)?.signalLeader(effect.signal) ?? []));
        return;
      case 'reload':
        this.#inbox.push({
          type: 'reloaded',
          service: effect.service,
          run: effect.run,
          outcome: { kind: 'done', detail: 'exit code 0' },
        });
        return;
      case 'hook':
        this.hooks.begin(effect);
        return;
      case 'cancel-hook':
        this.#inbox.push(...this.hooks.cancel(effect.run, effect.hook));
        return;
      case 'spawn-job':
        this.#land(this.jobs.spawn(effect, this.#nextPid++ as Pid, this.choices));
        return;
      case 'signal-job':
        this.#inbox.push(...this.jobs.signal(effect));
        return;
      case 'sweep':
        this.#sweep(effect.signal);
        return;
      case 'exit':
        this.exitCode = effect.code;
        return;
      // With its event.
      case 'detach':
      case 'signal-leader':
      case 'follow-leader':
      case 'reply':
      case 'request-apply':
        return;
    }
  }

  #spawn({ service, run, program }: Extract<Effect, { type: 'spawn' }>): void {
    if (this.choices.below(12) === 11) {
      const code = this.choices.pick(['ENOENT', 'EACCES', 'EAGAIN']);
      this.#inbox.push({ type: 'spawn-failed', service, run, error: { code, message: code } });
      return;
    }
    const pid = this.#nextPid++ as Pid;
    this.runs.set(run, new FakeRun({ service, run, pid, program }, this.choices));
    this.#land({ type: 'spawned', service, run, pid, degraded: [] });
  }

  #land(launched: Input): void {
    if (this.choices.below(4) === 3) this.#launching.push(launched);
    else this.#inbox.push(launched);
  }

  /** Whatever still lives by now was left alone on purpose, or hangs in the kernel. */
  #sweep(signal: 'SIGTERM' | 'SIGKILL'): void {
    for (const run of this.runs.values())
      if (signal === 'SIGKILL' || run.obedience !== 'ignores-term') run.others = 0;
    this.jobs.sweep(signal);
    if (this.livingProcesses === 0) this.#inbox.push({ type: 'swept' });
  }

  #nextDeadline(): Due | undefined {
    return this.#deadlines().reduce<Due | undefined>(
      (a, b) => (a === undefined || b.atMs < a.atMs ? b : a),
      undefined,
    );
  }

  #deadlines(): readonly Due[] {
    const ofServices = this.model.spec.services.flatMap((spec, index): Due[] => {
      const timer = this.timerOf(index);
      if (timer === undefined) return [];
      const atMs = timer.clock === 'wall' ? timer.atMs - this.wallOffsetMs : timer.atMs;
      return [{ atMs, input: { type: 'timer', service: spec.name, run: timer.run, timer: timer.timer } }];
    });
    const ofFleet = fleetTimers(this.fleet).map((timer): Due => ({
      atMs: timer.atMs,
      input: { type: 'fleet-timer', timer: timer.timer },
    }));
    const ofJobs = this.fleet.jobs.flatMap((record): Due[] => {
      const atMs = jobTimerAtMs(record);
      return atMs === undefined
        ? []
        : [{ atMs, input: { type: 'job-timer', job: record.id, run: record.run } }];
    });
    return [...ofServices, ...ofJobs, ...ofFleet];
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, next) => total + next, 0);
}
