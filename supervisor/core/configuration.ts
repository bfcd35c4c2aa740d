// A new configuration takes the place of the old one while services run. Whatever must end first, because it was removed or was
// started with something that differs, keeps its old specification until it has ended; then its place is taken.
import { changeOf, planChanges } from './configuration-change.ts';
import { createModel, type Draft } from './draft.ts';
import type { ServiceRecord } from './fleet.ts';
import type { ServiceName } from './names.ts';
import { isAtWork } from './oneshot-down.ts';
import type { FleetSpec, ServiceSpec } from './service-spec.ts';

/** The services that are added, removed, restarted or updated. */
export function applyConfiguration(draft: Draft, target: FleetSpec): readonly ServiceName[] {
  const changes = planChanges(draft.model.target ?? draft.model.spec, target);
  replaceModel(draft, target);
  return changes.map((change) => change.service);
}

/** After every decision: what has ended meanwhile gets its new specification. Returns whether there was any. */
export function advanceConfiguration(draft: Draft): boolean {
  const { target } = draft.model;
  if (target === undefined || draft.fleet.phase.kind !== 'up') return false;
  if (!draft.fleet.services.some((record, index) => isDue(draft, record, index))) return false;
  replaceModel(draft, target);
  return true;
}

/** It was held back, and nothing of it is left. */
function isDue(draft: Draft, record: ServiceRecord, index: number): boolean {
  return record.configured !== 'current' && !isAtWork(draft.spec(index), record.state);
}

type Place = { readonly spec: ServiceSpec; readonly configured: ServiceRecord['configured'] };

function replaceModel(draft: Draft, target: FleetSpec): void {
  const places = placesOf(draft, target);
  const named = (configured: Place['configured']): readonly ServiceName[] =>
    places.filter((place) => place.configured === configured).map((place) => place.spec.name);
  const outdated = named('outdated');
  const removed = named('removed');
  const anew = places.filter(({ spec, configured }) => configured === 'current' && startsAnew(draft, spec));
  const merged = { ...target, services: places.map((place) => place.spec) };
  const pending = outdated.length + removed.length > 0 ? target : undefined;
  draft.configure(createModel(merged, draft.model.calendar, pending), { outdated, removed });
  // From the beginning: what it was under the old one says nothing of the new one, and settle knows what is wanted.
  for (const { spec } of anew) draft.emit({ type: 'stopped', service: spec.name, run: 0 });
}

/** The services in the new order; those that are removed and not gone yet come last. */
function placesOf(draft: Draft, target: FleetSpec): readonly Place[] {
  const named = new Set(target.services.map((spec) => spec.name));
  const leaving = draft.model.spec.services.filter(
    (spec) => !named.has(spec.name) && atWork(draft, spec.name),
  );
  return [
    ...target.services.map((after): Place => {
      const before = specNow(draft, after.name);
      const held = before !== undefined && mustEnd(before, after) && atWork(draft, after.name);
      return held ? { spec: before, configured: 'outdated' } : { spec: after, configured: 'current' };
    }),
    ...leaving.map((spec): Place => ({ spec, configured: 'removed' })),
  ];
}

function mustEnd(before: ServiceSpec, after: ServiceSpec): boolean {
  return changeOf(before, after)?.kind === 'restarted';
}

function specNow(draft: Draft, name: ServiceName): ServiceSpec | undefined {
  const index = draft.indexOf(name);
  return index === undefined ? undefined : draft.spec(index);
}

function atWork(draft: Draft, name: ServiceName): boolean {
  const index = draft.indexOf(name);
  return index !== undefined && isAtWork(draft.spec(index), draft.record(index).state);
}

/** What has failed or waits for its next try gets a chance with what is new; what has completed is done anew if it differs. */
function startsAnew(draft: Draft, after: ServiceSpec): boolean {
  const index = draft.indexOf(after.name);
  const change = index === undefined ? undefined : changeOf(draft.spec(index), after);
  if (index === undefined || change === undefined) return false;
  const { state } = draft.record(index);
  if (state.kind === 'completed') return change.kind === 'restarted';
  // The date it waits for follows from what is not so any more.
  if (state.kind === 'scheduled') return change.parts.includes('schedule') || change.parts.includes('type');
  // Where its lines go has nothing to do with how it ended.
  const concernsRuns = change.parts.some((part) => part !== 'logs');
  return concernsRuns && (state.kind === 'failed' || state.kind === 'backoff');
}
