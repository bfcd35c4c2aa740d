// The engine: one queue of inputs, each decided by the core, its events recorded and published, its effects run once and in
// order. It never waits, holds no policy, and touches the outside only through its ports.
import { createModel, type Model } from '../core/draft.ts';
import { decide } from '../core/decide.ts';
import type { Effect } from '../core/effect.ts';
import type { NotedEvent, RecordedEvent } from '../core/event.ts';
import { createFleet, type Fleet } from '../core/fleet.ts';
import type { Input } from '../core/input.ts';
import type { Pid, ServiceName } from '../core/names.ts';
import { plannedProbes } from '../core/probe-plan.ts';
import type { FleetSpec, ServiceSpec } from '../core/service-spec.ts';
import { serviceTimer } from '../core/timers.ts';
import { isSought, pidOf } from '../core/service-state.ts';
import { Companions } from './companions.ts';
import { armFleetTimers, armJobTimers } from './fleet-timers.ts';
import { JobStart } from './job-start.ts';
import type { EnginePorts } from './ports.ts';
import { runProcessEffect } from './process-effects.ts';
import { RunStart } from './run-start.ts';
import { ProbeSet } from './probe-set.ts';
import { RunAttachments } from './run-attachments.ts';
import { Recorder, type Attribution, type Numbering } from './recorder.ts';
import { inputsForLost, unbegun, type EngineSnapshot, type Found } from './snapshot.ts';
import { TimerSet } from './timer-set.ts';

const BY_POLICY: Attribution = { actor: 'bosun', command: '', cause: 0 };

export class Engine {
  #model: Model;
  readonly #ports: EnginePorts;
  readonly #recorder: Recorder;
  readonly #timers: TimerSet;
  readonly #probes: ProbeSet;
  readonly #attachments = new RunAttachments();
  readonly #start: RunStart;
  readonly #companions: Companions;
  readonly #jobs: JobStart;
  readonly #queue: { readonly input: Input; readonly attribution: Attribution }[] = [];
  #fleet: Fleet;
  #turn: 'idle' | 'draining' = 'idle';
  /** For what comes by itself, without anybody who has asked for it. */
  readonly #submitLater = (input: Input): void => {
    this.submit(input);
  };
  #unpublished: RecordedEvent[] = [];

  constructor(spec: FleetSpec, ports: EnginePorts, numbering?: Numbering) {
    this.#model = createModel(spec, ports.calendar);
    this.#ports = ports;
    this.#recorder = new Recorder(ports.clock, numbering);
    this.#timers = new TimerSet(ports.clock);
    this.#start = new RunStart(ports, this.#attachments);
    this.#companions = new Companions(ports, this.#attachments);
    this.#jobs = new JobStart(ports);
    this.#probes = new ProbeSet(ports.probes, (service, run, purpose, answer) => {
      this.submit({ type: 'probed', service, run, purpose, answer });
    });
    this.#fleet = createFleet(spec.services.map((service) => service.name));
  }

  get fleet(): Fleet {
    return this.#fleet;
  }

  /** The specification with what is on its way to replace it. */
  get model(): Model {
    return this.#model;
  }

  get recorder(): Recorder {
    return this.#recorder;
  }

  /** To be taken between two inputs, where the state is whole. */
  get snapshot(): EngineSnapshot {
    const { spec, target } = this.#model;
    return {
      spec,
      target,
      fleet: this.#fleet,
      numbering: this.#recorder.numbering,
      launches: this.#probes.launches,
      voices: this.#start.voices,
      errands: this.#companions.errands,
    };
  }

  /** As it was in another process image: nothing is decided, and what follows from the state is begun. */
  resume(kept: EngineSnapshot, found: Found): void {
    this.#model = createModel(kept.spec, this.#ports.calendar, kept.target);
    this.#fleet = kept.fleet;
    this.#probes.resume(kept.launches);
    const submit = this.#submitLater;
    for (const voice of kept.voices) {
      const record = kept.fleet.services.find(({ lastRun }) => lastRun === voice.run);
      if (record !== undefined) this.#start.resume(this.#specOf(record.name), voice, submit);
    }
    for (const { service, ...errand } of unbegun(kept, found)) {
      if (errand.kind === 'reload') this.#companions.reload(this.#specOf(service), errand.run, submit);
      else this.#companions.hook(this.#specOf(service), errand, this.#pidOf(service), submit);
    }
    for (const { name: service, state } of kept.fleet.services)
      if (state.kind === 'starting' && isSought(state))
        runProcessEffect({ type: 'attach', service, run: state.run }, this.#specOf(service), this.#ports);
    this.#reconcile(createFleet([]), 'all');
    for (const input of inputsForLost(kept, found)) submit(input);
  }

  submit(input: Input, attribution: Attribution = BY_POLICY): void {
    this.#queue.push({ input, attribution });
    if (this.#turn === 'draining') return;
    this.#turn = 'draining';
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift())
      this.#handleSafely(next.input, next.attribution);
    this.#turn = 'idle';
    this.#publish();
  }

  /** What is only noted: nothing is decided, and no state changes. */
  note(event: NotedEvent, attribution: Attribution = BY_POLICY): void {
    this.#unpublished.push(this.#recorder.record(event, attribution));
    this.#publish();
  }

  /** A mistake of ours in one input must not cost the others, and never PID 1. */
  #handleSafely(input: Input, attribution: Attribution): void {
    try {
      this.#handle(input, attribution);
    } catch (error) {
      this.#ports.fault(`while handling ${input.type}`, error);
    }
  }

  #handle(input: Input, attribution: Attribution): void {
    const before = this.#fleet;
    const { clock, random } = this.#ports;
    const moment = { nowMs: clock.nowMs(), wallMs: clock.wallMs(), random: random() };
    const { model, fleet, events, effects } = decide(this.#model, before, input, moment);
    this.#fleet = fleet;
    const scope = model === this.#model ? 'changed' : 'all';
    this.#follow(model);
    // What is decided with it, and what comes of its effects, follows from the first event.
    let { cause } = attribution;
    for (const [position, event] of events.entries()) {
      const recorded = this.#recorder.record(event, { ...attribution, cause });
      if (position === 0) cause = recorded.id;
      this.#unpublished.push(recorded);
      this.#accompany(recorded);
    }
    for (const effect of effects) this.#runSafely(effect, { ...attribution, cause });
    if (scope === 'all') this.#forgetRemoved(before);
    this.#reconcile(before, scope);
  }

  /** What was opened for a run begins and ends with it. */
  #accompany({ event, monotonicMs }: RecordedEvent): void {
    const { type } = event;
    if (type === 'spawned' || type === 'attached')
      this.#probes.launched(event.service, event.run, monotonicMs);
    if (type === 'started' || type === 'ready') this.#start.started(event.run);
    if (type === 'exited' || type === 'detached') this.#attachments.end(event.run);
    if (type === 'sweep-started') this.#attachments.endAll();
  }

  /** Another specification: told to the control plane before the events that go by it. */
  #follow(model: Model): void {
    if (model === this.#model) return;
    this.#publish();
    this.#model = model;
    this.#ports.plane.configured(model.spec, model.target);
    this.#ports.logs.configured(model.spec);
  }

  #publish(): void {
    if (this.#unpublished.length === 0) return;
    const events = this.#unpublished;
    this.#unpublished = [];
    this.#ports.plane.publish(events, this.#fleet);
  }

  /** One effect that fails must not cost the others: a timer of the shutdown may depend on it. */
  #runSafely(effect: Effect, attribution: Attribution): void {
    try {
      this.#run(effect, attribution);
    } catch (error) {
      this.#ports.fault(`while doing ${effect.type}`, error);
    }
  }

  #run(effect: Effect, attribution: Attribution): void {
    const { runs, plane } = this.#ports;
    const submit = (input: Input): void => {
      this.submit(input, attribution);
    };
    switch (effect.type) {
      case 'spawn':
        this.#start.start(this.#specOf(effect.service), effect, submit);
        return;
      case 'attach':
      case 'detach':
      case 'signal-group':
      case 'pass-on':
      case 'signal-leader':
      case 'stop-leader':
      case 'follow-leader':
        runProcessEffect(effect, this.#specOf(effect.service), this.#ports);
        return;
      case 'reload':
        this.#companions.reload(this.#specOf(effect.service), effect.run, submit);
        return;
      case 'hook':
        this.#companions.hook(this.#specOf(effect.service), effect, this.#pidOf(effect.service), submit);
        return;
      case 'cancel-hook':
        this.#companions.cancelHook(effect.run, effect.hook);
        return;
      case 'spawn-job':
        // The control plane knows of a job before it gets the ends of its streams.
        this.#publish();
        this.#jobs.start(effect, submit);
        return;
      case 'signal-job':
        if (effect.whom === 'group') runs.signalGroup(effect.run, effect.signal);
        else runs.signalLeader(effect.run, effect.signal);
        return;
      case 'sweep':
        this.#ports.sweep(effect.signal);
        return;
      case 'request-apply':
        plane.requestApply(effect.actor);
        return;
      case 'reply':
        // The reply must not overtake the events of its command.
        this.#publish();
        plane.reply(effect.command, effect.result);
        return;
      case 'exit':
        this.#publish();
        this.#ports.exit(effect.code, effect.byMs);
        return;
    }
  }

  /** Timers and probes follow state and specification: while that stays, only records that changed are looked at. */
  #reconcile(before: Fleet, scope: 'changed' | 'all'): void {
    const after = this.#fleet;
    for (const [index, record] of after.services.entries()) {
      if (scope === 'changed' && record === before.services[index]) continue;
      const spec = this.#model.spec.services[index];
      if (spec === undefined) continue;
      const timer = serviceTimer(spec, record);
      if (timer === undefined) this.#timers.cancel(record.name);
      else
        this.#timers.arm(record.name, `${timer.timer} ${String(timer.run)}`, timer, () => {
          this.submit({ type: 'timer', service: record.name, run: timer.run, timer: timer.timer });
        });
      this.#probes.reconcile(spec, plannedProbes(spec, record));
    }
    if (before.phase !== after.phase) armFleetTimers(this.#timers, after, this.#submitLater);
    if (before.jobs !== after.jobs) armJobTimers(this.#timers, before.jobs, after.jobs, this.#submitLater);
  }

  /** One that was between two runs may still have had a timer. */
  #forgetRemoved(before: Fleet): void {
    for (const { name } of before.services) {
      if (this.#model.graph.indexOf.has(name)) continue;
      this.#timers.cancel(name);
      this.#probes.forget(name);
    }
  }

  #pidOf(service: ServiceName): Pid | undefined {
    const record = this.#fleet.services[this.#model.graph.indexOf.get(service) ?? -1];
    return record === undefined ? undefined : pidOf(record.state);
  }

  #specOf(service: ServiceName): ServiceSpec {
    const spec = this.#model.spec.services[this.#model.graph.indexOf.get(service) ?? -1];
    if (spec === undefined) throw new RangeError(`an effect names ${service}, which does not exist`);
    return spec;
  }
}
