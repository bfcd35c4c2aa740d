// What a configuration that has been read would change: core's own comparison, in the words of the files. Pure but for what it
// reads of the view: a service that does not run is not restarted.
import { planChanges, type ServiceChange } from '../../core/configuration-change.ts';
import type { FleetSpec, ServiceSpec } from '../../core/service-spec.ts';
import type { StateName } from '../../core/service-state.ts';
import { writeDuration } from '../../wire/duration.ts';
import type { ChangeView, DifferenceView, PlanView } from '../../wire/plan-view.ts';
import type { ConfigurationReading } from '../ports.ts';
import type { FleetView } from '../views/fleet-view.ts';
import { differences, hidden, shown, type Leaf } from './leaf.ts';
import { SERVICE_LEAVES } from './service-leaves.ts';

export type Read = Extract<ConfigurationReading, { kind: 'read' }>;
export type Source = { readonly directory: string; readonly fixed: Readonly<Record<string, string>> };

/** `source`: what Bosun was started with. */
export function planOf(view: FleetView, reading: Read, source: Source): PlanView {
  const before = view.target;
  const after = reading.spec;
  const old = byName(before);
  const fresh = byName(after);
  const changes = planChanges(before, after).map((change) =>
    changeView(change, view, old.get(change.service), fresh.get(change.service)),
  );
  const changed = new Set(changes.map((change) => change.service));
  return {
    directory: source.directory,
    changes,
    settings: [...differences(fleetLeaves(before), fleetLeaves(after))],
    needs_restart_of_bosun: [...differences(fixedLeaves(source.fixed), fixedLeaves(reading.fixed))],
    unchanged: after.services.map((spec) => spec.name).filter((name) => !changed.has(name)),
    warnings: [...reading.warnings],
  };
}

export function changesNothing({ changes, settings }: PlanView): boolean {
  return changes.length === 0 && settings.length === 0;
}

function byName({ services }: FleetSpec): ReadonlyMap<string, ServiceSpec> {
  return new Map(services.map((spec) => [spec.name, spec]));
}

function changeView(
  { service, kind, parts }: ServiceChange,
  view: FleetView,
  before: ServiceSpec | undefined,
  after: ServiceSpec | undefined,
): ChangeView {
  const because =
    before === undefined || after === undefined
      ? []
      : parts.flatMap((part) => partDifferences(SERVICE_LEAVES[part], before, after));
  const state = view.find(service)?.record.state;
  return {
    service,
    kind: kind === 'restarted' && state !== undefined && isIdle(state.kind) ? 'updated' : kind,
    keys: [...new Set(because.map(({ key }) => key.split('.', 1).join()))],
    because,
  };
}

function partDifferences(
  { key, leaves }: (typeof SERVICE_LEAVES)[keyof ServiceSpec],
  before: ServiceSpec,
  after: ServiceSpec,
): readonly DifferenceView[] {
  const found = differences(leaves(before), leaves(after));
  // Such as another order, which the core counts as a difference and people would not see.
  return found.length > 0 ? found : [{ key, how: 'changed', before: null, after: null }];
}

/** There is nothing to end, and what is new is used when it is started the next time. */
export function isIdle(kind: StateName): boolean {
  return kind === 'stopped' || kind === 'waiting' || kind === 'scheduled';
}

function fleetLeaves({ shutdownBudgetMs, forwards }: FleetSpec): readonly Leaf[] {
  return [
    shown('shutdown.budget', shutdownBudgetMs, writeDuration(shutdownBudgetMs)),
    ...forwards.map((forward) =>
      shown(`signals.${forward.received}`, forward, `${forward.signal} to ${forward.service}`),
    ),
  ];
}

function fixedLeaves(fixed: Source['fixed']): readonly Leaf[] {
  return Object.entries(fixed).map(([key, value]) =>
    mayBeSecret(key) ? hidden(key, value) : shown(key, value),
  );
}

/** A URL may have a token among its parameters. */
function mayBeSecret(key: string): boolean {
  return /^(?:logs\.sinks\.[^.]+\.(?:otlp|loki)|tracing\.otlp)\.(?:url$|headers\.)/.test(key);
}
