// What a new configuration would change, service by service. Pure comparison: configuration.ts carries it out, `plan` shows it.
import type { ServiceName } from './names.ts';
import { isSameData } from './same-data.ts';
import type { FleetSpec, ServiceSpec } from './service-spec.ts';

export type ServiceChange = {
  readonly service: ServiceName;
  /** `restarted`: what runs was started with something that differs. `updated`: what differs is used from now on. */
  readonly kind: 'added' | 'removed' | 'restarted' | 'updated';
  /** The parts that differ, by their name in the specification. */
  readonly parts: readonly (keyof ServiceSpec)[];
};

/** A process keeps what it was started with, or was looked for by; all other parts are read whenever they are needed. */
const PARTS_OF_A_RUNNING_PROCESS: ReadonlySet<keyof ServiceSpec> = new Set<keyof ServiceSpec>([
  'type',
  'command',
  'attachment',
  'environment',
  'workingDir',
  'stdio',
  'execution',
  'resourceControl',
  'eligibility',
]);

/** In the order of the new configuration, what is removed last. Services that stay as they are are left out. */
export function planChanges(current: FleetSpec, target: FleetSpec): readonly ServiceChange[] {
  const before = new Map(current.services.map((spec) => [spec.name, spec]));
  const after = new Set(target.services.map((spec) => spec.name));
  const changes = target.services.flatMap((spec) => changeOf(before.get(spec.name), spec) ?? []);
  const removed = current.services.filter((spec) => !after.has(spec.name));
  return [...changes, ...removed.map(({ name }) => ({ service: name, kind: 'removed' as const, parts: [] }))];
}

export function changeOf(before: ServiceSpec | undefined, after: ServiceSpec): ServiceChange | undefined {
  if (before === undefined) return { service: after.name, kind: 'added', parts: [] };
  const keys = Object.keys(after) as (keyof ServiceSpec)[];
  const parts = keys.filter((key) => !isSameData(before[key], after[key]));
  if (parts.length === 0) return undefined;
  return { service: after.name, kind: needsNewRun(before, after, parts) ? 'restarted' : 'updated', parts };
}

function needsNewRun(
  before: ServiceSpec,
  after: ServiceSpec,
  parts: readonly (keyof ServiceSpec)[],
): boolean {
  if (parts.some((part) => PARTS_OF_A_RUNNING_PROCESS.has(part))) return true;
  // Who belongs to a run is settled when it begins.
  if (before.stop.killMode !== after.stop.killMode) return true;
  // How a service tells of itself is agreed upon when it is started: a descriptor, a socket, a watchdog in its environment.
  return parts.some((part) => isToldAtStart(part, before) || isToldAtStart(part, after));
}

function isToldAtStart(part: keyof ServiceSpec, { readiness, liveness }: ServiceSpec): boolean {
  if (part === 'readiness') return readiness.kind === 'notify-fd' || readiness.kind === 'notify-socket';
  return part === 'liveness' && liveness.kind === 'watchdog';
}
