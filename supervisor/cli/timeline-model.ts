// The last boot out of its events: when each service was started, was there and was ready, which dependency each one waited for last,
// and what share of the longest chain Bosun itself took. Pure; times in milliseconds since the configuration was taken up.
import type { EventView } from '../wire/event-view.ts';
import type { DependencyView, ServiceView } from '../wire/service-view.ts';

/** `under-way`: not settled as far as the events go. `scheduled`: a timer, which has nothing to do at the boot. */
export type BootOutcome = 'ready' | 'completed' | 'failed' | 'skipped' | 'scheduled' | 'under-way';

export type BootedService = {
  readonly service: string;
  readonly outcome: BootOutcome;
  /** How many runs it took. */
  readonly runs: number;
  /** Of its first run: asked for, and there as a process. Null when it has not come to that. */
  readonly starting_ms: number | null;
  readonly spawned_ms: number | null;
  /** Of the time in between, what its pre_start hook took. */
  readonly pre_start_ms: number;
  /** Null until it is ready, completed, failed or skipped. */
  readonly settled_ms: number | null;
};

/** One service of the critical chain. `bosun_ms` + `service_ms` is the time from the end of the link before to its own. */
export type ChainLink = {
  readonly service: string;
  /** The dependency that was there last; null at the beginning of the chain. */
  readonly waited_for: string | null;
  readonly bosun_ms: number;
  readonly service_ms: number;
  /** When the next link could go on. */
  readonly ready_ms: number;
};

export type BootTimeline = {
  /** RFC 3339. */
  readonly booted_at: string;
  /** Until the last service was ready. */
  readonly duration_ms: number;
  /** In the order in which they were started; those that were not, at the end. */
  readonly services: readonly BootedService[];
  readonly critical_chain: readonly ChainLink[];
  /** On the critical chain. */
  readonly bosun_ms: number;
};

/** Of these types are the events that `timelineOf` looks at. */
export const BOOT_EVENT_TYPES: readonly string[] = [
  'booted',
  'starting',
  'hook-started',
  'hook-finished',
  'spawned',
  'attached',
  'ready',
  'completed',
  'failed',
  'skipped',
  'scheduled',
];

/** `events`: from the last `booted` on. `services` say who needs whom. */
export function timelineOf(
  booted: EventView,
  events: readonly EventView[],
  services: readonly ServiceView[],
): BootTimeline {
  const traces = new Map<string, Trace>();
  for (const { name } of services) traces.set(name, new Trace(name, booted.monotonic_ms));
  for (const event of events) traces.get(event.service)?.take(event);
  const all = [...traces.values()].map((trace) => trace.result()).filter((service) => service !== undefined);
  const chain = criticalChain(all, traces, services);
  return {
    booted_at: booted.time,
    duration_ms: chain.at(-1)?.ready_ms ?? 0,
    services: all.sort((a, b) => (a.starting_ms ?? Infinity) - (b.starting_ms ?? Infinity) || byName(a, b)),
    critical_chain: chain,
    bosun_ms: rounded(chain.reduce((sum, link) => sum + link.bosun_ms, 0)),
  };
}

function byName(a: BootedService, b: BootedService): number {
  return a.service < b.service ? -1 : 1;
}

/** What the events say of one service: in full up to the moment when it is settled for the first time. */
class Trace {
  readonly #service: string;
  readonly #bootedMs: number;
  #outcome: BootOutcome = 'under-way';
  #command = '';
  #runs = 0;
  #startingMs: number | null = null;
  #spawnedMs: number | null = null;
  #hookMs = 0;
  #hookStartedMs: number | null = null;
  #settledMs: number | null = null;
  /** Of every run: a dependent may have had to wait for a later one. */
  readonly #spawnedAt: number[] = [];
  readonly #settledAt: number[] = [];

  constructor(service: string, bootedMs: number) {
    this.#service = service;
    this.#bootedMs = bootedMs;
  }

  take(event: EventView): void {
    const atMs = rounded(event.monotonic_ms - this.#bootedMs);
    if (event.type === 'spawned' || event.type === 'attached') this.#spawnedAt.push(atMs);
    if (SETTLES.has(event.type)) this.#settledAt.push(atMs);
    if (this.#settledMs !== null) return;
    switch (event.type) {
      case 'starting':
        this.#runs += 1;
        if (this.#startingMs === null) this.#command = event.command;
        this.#startingMs ??= atMs;
        return;
      case 'spawned':
      case 'attached':
        this.#spawnedMs ??= atMs;
        return;
      case 'hook-started':
      case 'hook-finished':
        if (event.details['hook'] === 'pre_start') this.#takeHook(event.type, atMs);
        return;
      case 'ready':
      case 'completed':
      case 'failed':
      case 'skipped':
      case 'scheduled':
        this.#outcome = event.type;
        this.#settledMs = atMs;
        return;
    }
  }

  #takeHook(type: 'hook-started' | 'hook-finished', atMs: number): void {
    if (this.#spawnedMs !== null) return;
    if (type === 'hook-started') this.#hookStartedMs = atMs;
    else if (this.#hookStartedMs !== null) this.#hookMs += atMs - this.#hookStartedMs;
  }

  /** When it last came to what the condition asks for, before this time. */
  metBefore(condition: DependencyView['condition'], beforeMs: number): number | undefined {
    const times = condition === 'service_started' ? this.#spawnedAt : this.#settledAt;
    return times.findLast((ms) => ms <= beforeMs);
  }

  /** Undefined when a command started it: then it is no part of the boot. */
  result(): BootedService | undefined {
    if (this.#command !== '') return undefined;
    return {
      service: this.#service,
      outcome: this.#outcome,
      runs: this.#runs,
      starting_ms: this.#startingMs,
      spawned_ms: this.#spawnedMs,
      pre_start_ms: rounded(this.#hookMs),
      settled_ms: this.#settledMs,
    };
  }
}

const SETTLES: ReadonlySet<string> = new Set(['ready', 'completed', 'failed', 'skipped']);

function criticalChain(
  booted: readonly BootedService[],
  traces: ReadonlyMap<string, Trace>,
  services: readonly ServiceView[],
): readonly ChainLink[] {
  const byService = new Map(booted.map((service) => [service.service, service]));
  const needs = new Map(services.map(({ name, depends_on: dependsOn }) => [name, dependsOn]));
  const links: ChainLink[] = [];
  let current = lastReady(booted);
  let endMs = current?.settled_ms ?? 0;
  while (current !== undefined && links.length < booted.length) {
    const gate = gateOf(current, needs.get(current.service) ?? [], traces);
    links.unshift(linkOf(current, gate, endMs));
    endMs = gate?.metMs ?? 0;
    current = gate === undefined ? undefined : byService.get(gate.service);
  }
  return links;
}

function lastReady(booted: readonly BootedService[]): BootedService | undefined {
  const ready = booted.filter(({ outcome }) => outcome === 'ready' || outcome === 'completed');
  return ready.reduce<BootedService | undefined>(
    (last, service) => ((service.settled_ms ?? 0) >= (last?.settled_ms ?? -1) ? service : last),
    undefined,
  );
}

type Gate = { readonly service: string; readonly metMs: number };

/** The dependency that was met last before the start. */
function gateOf(
  { starting_ms: startingMs }: BootedService,
  needs: readonly DependencyView[],
  traces: ReadonlyMap<string, Trace>,
): Gate | undefined {
  let gate: Gate | undefined;
  for (const { service, condition } of needs) {
    const metMs = traces.get(service)?.metBefore(condition, startingMs ?? 0);
    if (metMs !== undefined && (gate === undefined || metMs > gate.metMs)) gate = { service, metMs };
  }
  return gate;
}

/** `endMs`: when the next link could go on, which may be before it was ready, or in a later run. */
function linkOf(service: BootedService, gate: Gate | undefined, endMs: number): ChainLink {
  const fromMs = gate?.metMs ?? 0;
  const spawnedMs = service.spawned_ms ?? endMs;
  const bosunMs = Math.max(0, spawnedMs - fromMs - service.pre_start_ms);
  return {
    service: service.service,
    waited_for: gate?.service ?? null,
    bosun_ms: rounded(bosunMs),
    service_ms: rounded(Math.max(0, endMs - fromMs - bosunMs)),
    ready_ms: endMs,
  };
}

/** To the microsecond, so that what comes one after the other stays so. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
