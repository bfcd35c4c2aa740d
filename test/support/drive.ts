// Drives the real core by hand: inputs in, state and effects out, at moments that the test names.
import { decide } from '../../supervisor/core/decide.ts';
import { createModel } from '../../supervisor/core/draft.ts';
import type { Effect } from '../../supervisor/core/effect.ts';
import type { BosunEvent, ProbePurpose } from '../../supervisor/core/event.ts';
import type { ExitStatus } from '../../supervisor/core/exit-status.ts';
import { createFleet, type Fleet, type ServiceRecord } from '../../supervisor/core/fleet.ts';
import type { Input, ProbeAnswer } from '../../supervisor/core/input.ts';
import type { Pid, RunId, ServiceName } from '../../supervisor/core/names.ts';
import type { Notice } from '../../supervisor/core/notice.ts';
import type { CronSchedule } from '../../supervisor/core/schedule.ts';
import type { HookName, ServiceSpec } from '../../supervisor/core/service-spec.ts';
import type { TimerName } from '../../supervisor/core/timer-name.ts';
import { fleetOf } from './specs.ts';

export const code = (value: number): ExitStatus => ({ kind: 'code', code: value });
export const KILLED: ExitStatus = {
  kind: 'signal',
  signal: 'SIGKILL',
  number: 9,
  core: 'none',
  by: 'unknown',
};

export class Drive {
  #model;
  readonly events: BosunEvent[] = [];
  effects: readonly Effect[] = [];
  fleet: Fleet;
  nowMs = 1000;
  wallMs = 0;
  random = 0;

  constructor(...services: readonly ServiceSpec[]) {
    this.#model = createModel(fleetOf(...services), (_schedule: CronSchedule, afterWallMs: number) =>
      nextHour(afterWallMs),
    );
    this.fleet = createFleet(services.map((service) => service.name));
  }

  /** The effects are those of the last input alone. */
  feed(input: Input): this {
    const moment = { nowMs: this.nowMs, wallMs: this.wallMs, random: this.random };
    const decision = decide(this.#model, this.fleet, input, moment);
    this.#model = decision.model;
    this.fleet = decision.fleet;
    this.effects = decision.effects;
    this.events.push(...decision.events);
    return this;
  }

  boot(): this {
    return this.feed({ type: 'boot' });
  }

  spawned(name: string): this {
    return this.feed({
      type: 'spawned',
      ...this.#current(name),
      pid: (100 + this.#current(name).run) as Pid,
      degraded: [],
    });
  }

  spawnFailed(name: string, errno: string): this {
    const error = { code: errno, message: errno };
    return this.feed({ type: 'spawn-failed', ...this.#current(name), error });
  }

  exited(name: string, exit: ExitStatus, group: 'empty' | 'populated' = 'empty'): this {
    return this.feed({ type: 'exited', ...this.#current(name), exit, group });
  }

  groupEmptied(name: string): this {
    return this.feed({ type: 'group-emptied', ...this.#current(name) });
  }

  hookFinished(name: string, hook: HookName, kind: 'done' | 'failed'): this {
    return this.feed({
      type: 'hook-finished',
      ...this.#current(name),
      hook,
      outcome: { kind, detail: `exit code ${kind === 'done' ? 0 : 1}` },
    });
  }

  notified(name: string, ...notices: readonly Notice[]): this {
    return this.feed({ type: 'notified', ...this.#current(name), notices });
  }

  wait(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  probed(name: string, purpose: ProbePurpose, answer: 'ok' | 'failed'): this {
    const given: ProbeAnswer = answer === 'ok' ? { kind: 'ok' } : { kind: 'failed', reason: 'refused' };
    return this.feed({ type: 'probed', ...this.#current(name), purpose, answer: given });
  }

  timer(name: string, timer: TimerName): this {
    return this.feed({ type: 'timer', ...this.#current(name), timer });
  }

  apply(...services: readonly ServiceSpec[]): this {
    const command = { verb: 'apply', target: fleetOf(...services), id: 'c1', actor: 'uid:0' } as const;
    return this.feed({ type: 'command', command });
  }

  command(
    verb: 'start' | 'stop' | 'restart' | 'reload' | 'signal' | 'shutdown',
    ...names: readonly string[]
  ): this {
    const services = names as readonly ServiceName[];
    const command =
      verb === 'shutdown'
        ? ({ verb } as const)
        : verb === 'signal'
          ? ({ verb, services, signal: 'SIGHUP' } as const)
          : { verb, services };
    return this.feed({ type: 'command', command: { id: 'c1', actor: 'uid:0', ...command } });
  }

  signal(signal: 'SIGTERM' | 'SIGHUP'): this {
    return this.feed({ type: 'signal-received', signal, number: signal === 'SIGTERM' ? 15 : 1 });
  }

  record(name: string): ServiceRecord {
    const record = this.fleet.services.find((candidate) => candidate.name === name);
    if (record === undefined) throw new Error(`no ${name}`);
    return record;
  }

  /** By which it would be started now. */
  spec(name: string): ServiceSpec {
    const spec = this.#model.spec.services.find((candidate) => candidate.name === name);
    if (spec === undefined) throw new Error(`no ${name}`);
    return spec;
  }

  state(name: string): string {
    return this.record(name).state.kind;
  }

  /** `spawn a`, `signal-group a SIGTERM`, in order. */
  get did(): readonly string[] {
    return this.effects.map((effect) =>
      [
        effect.type,
        'service' in effect ? effect.service : '',
        'signal' in effect ? effect.signal : '',
        'hook' in effect ? effect.hook : '',
        'program' in effect && effect.program === 'down' ? effect.program : '',
        'code' in effect ? effect.code : '',
      ]
        .filter((word) => word !== '')
        .join(' '),
    );
  }

  get reply(): string {
    for (const effect of this.effects) {
      if (effect.type !== 'reply') continue;
      return effect.result.kind === 'accepted' ? effect.result.services.join(' ') : effect.result.error.code;
    }
    return 'none';
  }

  #current(name: string): { service: ServiceName; run: RunId } {
    return { service: name as ServiceName, run: this.record(name).lastRun as RunId };
  }
}

const HOUR_MS = 3_600_000;

/** The calendar of these tests, whatever the expression: each full hour. */
function nextHour(afterWallMs: number): number {
  return (Math.floor(afterWallMs / HOUR_MS) + 1) * HOUR_MS;
}
