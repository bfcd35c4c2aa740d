// The world of a simulated container: fake processes and a fake clock around the real decide and evolve. Processes crash,
// hang, ignore signals, leave members of their group behind, become ready late or never, fail to spawn. Whatever happens
// goes through the same inputs and effects as in the real engine; the rules (rules.ts) look at every step.
import { decide } from '../../supervisor/core/decide.ts';
import { createModel, type Model } from '../../supervisor/core/draft.ts';
import type { Effect } from '../../supervisor/core/effect.ts';
import type { BosunEvent } from '../../supervisor/core/event.ts';
import type { ExitStatus } from '../../supervisor/core/exit-status.ts';
import { createFleet, type Fleet } from '../../supervisor/core/fleet.ts';
import type { CommandVerb, Input } from '../../supervisor/core/input.ts';
import type { Pid, RunId, ServiceName } from '../../supervisor/core/names.ts';
import { plannedProbes } from '../../supervisor/core/probe-plan.ts';
import type { FleetSpec } from '../../supervisor/core/service-spec.ts';
import { fleetTimers, serviceTimer } from '../../supervisor/core/timers.ts';
import type { Choices } from './choices.ts';

/** The truth about a run, which the core only hears about. */
export type FakeRun = {
  readonly service: ServiceName;
  readonly run: RunId;
  readonly pid: Pid;
  leader: 'alive' | 'dead';
  /** Members of its group beside the leader. */
  others: number;
  obedience: 'obeys' | 'ignores-term' | 'leaves-others';
  told: 'nothing' | 'exit' | 'gone';
};

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

const NAMES_OF_SIGNALS = { SIGKILL: 9, SIGTERM: 15 } as const;

export class World {
  model: Model;
  readonly runs = new Map<RunId, FakeRun>();
  readonly events: BosunEvent[] = [];
  readonly #choices: Choices;
  readonly #watch: Watcher;
  readonly #inbox: Input[] = [];
  readonly #launching: Input[] = [];
  #nextPid = 100;
  #commands = 0;
  fleet: Fleet;
  nowMs = 1000;
  exitCode: number | undefined;
  sweeping: 'no' | 'asked' | 'killed' = 'no';

  constructor(spec: FleetSpec, choices: Choices, watch: Watcher) {
    this.model = createModel(spec, () => undefined);
    this.fleet = createFleet(spec.services.map((service) => service.name));
    this.#choices = choices;
    this.#watch = watch;
  }

  /** Feeds an input and everything that its effects bring about at once, as the engine does. */
  feed(input: Input): void {
    this.#inbox.push(input);
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) this.#step(next);
  }

  /** One thing that may happen now: a deadline, a process's doing, a probe's answer, an operator's wish. */
  act(): void {
    const kind = this.#choices.below(9);
    if (kind <= 2) this.advance();
    else if (kind <= 4) this.#processActs();
    else if (kind === 5) this.#probeAnswers();
    else if (kind === 6) this.#operatorActs();
    else if (kind === 7) this.#oldRunStirs();
    else this.#letPass(this.#choices.pick([0, 1, 40, 400, 4000, 70_000]));
  }

  /** To the next deadline, if there is one. */
  advance(): boolean {
    this.#landLaunches();
    const next = this.#nextDeadline();
    // What landed may have been the last thing to wait for.
    if (next === undefined) return this.exitCode !== undefined;
    this.nowMs = Math.max(this.nowMs, next.atMs);
    this.feed(next.input);
    return true;
  }

  /** Time passes, and no deadline is passed over: the real timers would have fired. */
  #letPass(spanMs: number): void {
    this.#landLaunches();
    const untilMs = this.nowMs + spanMs;
    while (this.exitCode === undefined) {
      const next = this.#nextDeadline();
      if (next === undefined || next.atMs > untilMs) break;
      this.advance();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  membersOf(service: ServiceName): number {
    let members = 0;
    for (const run of this.runs.values())
      if (run.service === service) members += run.others + (run.leader === 'alive' ? 1 : 0);
    return members;
  }

  get livingProcesses(): number {
    return [...this.runs.values()].reduce(
      (sum, run) => sum + run.others + (run.leader === 'alive' ? 1 : 0),
      0,
    );
  }

  #step(input: Input): void {
    if (this.exitCode !== undefined) return;
    const before = this.fleet;
    const moment = { nowMs: this.nowMs, wallMs: this.nowMs, random: this.#choices.below(100) / 100 };
    const { model, fleet, events, effects } = decide(this.model, before, input, moment);
    this.model = model;
    this.fleet = fleet;
    this.events.push(...events);
    this.#watch({ input, before, after: fleet, events, effects, nowMs: this.nowMs }, this);
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'spawn':
        this.#spawn(effect.service, effect.run);
        return;
      case 'signal-group':
      case 'pass-on':
        this.#signalGroup(effect.run, effect.signal);
        return;
      case 'signal-leader':
      case 'stop-leader':
      case 'follow-leader':
      case 'hook':
      case 'cancel-hook':
        return;
      case 'reload':
        this.#inbox.push({
          type: 'reloaded',
          service: effect.service,
          run: effect.run,
          outcome: { kind: 'done', detail: 'exit code 0' },
        });
        return;
      case 'sweep':
        this.sweeping = effect.signal === 'SIGTERM' ? 'asked' : 'killed';
        this.#inbox.push({ type: 'swept' });
        return;
      case 'reply':
        return;
      case 'exit':
        this.exitCode = effect.code;
        return;
    }
  }

  #spawn(service: ServiceName, run: RunId): void {
    if (this.#choices.below(12) === 11) {
      const code = this.#choices.pick(['ENOENT', 'EACCES', 'EAGAIN']);
      this.#inbox.push({ type: 'spawn-failed', service, run, error: { code, message: code } });
      return;
    }
    const pid = this.#nextPid++ as Pid;
    this.runs.set(run, {
      service,
      run,
      pid,
      leader: 'alive',
      others: this.#choices.pick([0, 0, 2]),
      obedience: this.#choices.pick(['obeys', 'obeys', 'ignores-term', 'leaves-others']),
      told: 'nothing',
    });
    // The spawn may take its time; anything may happen meanwhile.
    const spawned = { type: 'spawned', service, run, pid, degraded: [] } as const;
    if (this.#choices.below(4) === 3) this.#launching.push(spawned);
    else this.#inbox.push(spawned);
  }

  #landLaunches(): void {
    for (let next = this.#launching.shift(); next !== undefined; next = this.#launching.shift())
      this.feed(next);
  }

  /** Something late about a run that is over, or about none. */
  #oldRunStirs(): void {
    const old = [...this.runs.values()].filter((run) => run.told === 'gone');
    if (old.length === 0) return;
    const { service, run, pid } = this.#choices.pick(old);
    const exit: ExitStatus = { kind: 'code', code: 1 };
    this.feed(
      this.#choices.pick<Input>([
        { type: 'exited', service, run, exit, group: 'empty' },
        { type: 'group-emptied', service, run },
        { type: 'spawned', service, run, pid, degraded: [] },
        {
          type: 'timer',
          service,
          run,
          timer: this.#choices.pick(['startup-timeout', 'kill', 'backoff', 'backoff-reset']),
        },
      ]),
    );
  }

  #signalGroup(run: RunId, signal: string): void {
    const fake = this.runs.get(run);
    if (fake === undefined) return;
    if (signal === 'SIGKILL') {
      fake.others = 0;
      this.#leaderDies(fake, {
        kind: 'signal',
        signal: 'SIGKILL',
        number: NAMES_OF_SIGNALS.SIGKILL,
        core: 'none',
        by: 'unknown',
      });
      return;
    }
    if (fake.obedience === 'ignores-term') return;
    if (fake.obedience === 'obeys') fake.others = 0;
    // Some end when asked with a code of their own, some by the signal.
    const exit: ExitStatus =
      this.#choices.below(2) === 0
        ? { kind: 'code', code: this.#choices.pick([0, 1]) }
        : {
            kind: 'signal',
            signal: 'SIGTERM',
            number: NAMES_OF_SIGNALS.SIGTERM,
            core: 'none',
            by: 'unknown',
          };
    this.#leaderDies(fake, exit);
  }

  #leaderDies(fake: FakeRun, exit: ExitStatus): void {
    if (fake.leader === 'alive') {
      fake.leader = 'dead';
      fake.told = fake.others === 0 ? 'gone' : 'exit';
      const group = fake.others === 0 ? 'empty' : 'populated';
      this.#inbox.push({ type: 'exited', service: fake.service, run: fake.run, exit, group });
    } else if (fake.others === 0 && fake.told === 'exit') {
      fake.told = 'gone';
      this.#inbox.push({ type: 'group-emptied', service: fake.service, run: fake.run });
    }
  }

  #processActs(): void {
    this.#landLaunches();
    const living = [...this.runs.values()].filter((run) => run.leader === 'alive' || run.others > 0);
    if (living.length === 0) return;
    const fake = this.#choices.pick(living);
    if (fake.leader === 'dead' || this.#choices.below(4) === 3) fake.others = 0;
    if (fake.leader === 'alive' && this.#choices.below(3) > 0)
      this.#leaderDies(fake, { kind: 'code', code: this.#choices.pick([0, 0, 1, 3]) });
    else if (fake.leader === 'dead') this.#leaderDies(fake, { kind: 'code', code: 0 });
    const next = this.#inbox.shift();
    if (next !== undefined) this.feed(next);
  }

  #probeAnswers(): void {
    const planned = this.model.spec.services.flatMap((spec, index) => {
      const record = this.fleet.services[index];
      const probes = record === undefined ? [] : plannedProbes(spec, record);
      return probes.map((probe) => ({ service: spec.name, run: probe.run, purpose: probe.purpose }));
    });
    if (planned.length === 0) return;
    const probe = this.#choices.pick(planned);
    // An answer may also come late, for a run that is over.
    const run = this.#choices.below(10) === 9 ? ((probe.run - 1) as RunId) : probe.run;
    const answer =
      this.#choices.below(3) < 2
        ? ({ kind: 'ok' } as const)
        : ({ kind: 'failed', reason: 'refused' } as const);
    this.feed({ type: 'probed', ...probe, run, answer });
  }

  #operatorActs(): void {
    const service = this.#choices.pick(this.model.spec.services).name;
    const wish = this.#choices.below(12);
    if (wish === 11) {
      this.feed({ type: 'signal-received', signal: 'SIGTERM', number: NAMES_OF_SIGNALS.SIGTERM });
      return;
    }
    const verbs = ['start', 'stop', 'restart', 'reload'] as const;
    const verb: CommandVerb = { verb: verbs[wish % 4] ?? 'start', services: [service] };
    this.feed({ type: 'command', command: { id: `c${++this.#commands}`, actor: 'uid:0', ...verb } });
  }

  #nextDeadline(): Due | undefined {
    return this.#deadlines().reduce<Due | undefined>(
      (a, b) => (a === undefined || b.atMs < a.atMs ? b : a),
      undefined,
    );
  }

  #deadlines(): readonly Due[] {
    const ofServices = this.model.spec.services.flatMap((spec, index): Due[] => {
      const record = this.fleet.services[index];
      const timer = record === undefined ? undefined : serviceTimer(spec, record);
      if (timer === undefined) return [];
      return [
        {
          atMs: timer.atMs,
          input: { type: 'timer', service: spec.name, run: timer.run, timer: timer.timer },
        },
      ];
    });
    const ofFleet = fleetTimers(this.fleet).map((timer): Due => ({
      atMs: timer.atMs,
      input: { type: 'fleet-timer', timer: timer.timer },
    }));
    return [...ofServices, ...ofFleet];
  }
}
