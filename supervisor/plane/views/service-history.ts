// What the events of a service tell that its state does not keep: since when it is in its state, how its last run ended, which hook
// failed, why it was not found alive, what it left behind. For people; nothing is decided by it.
import type { ApplicationEvent } from '../../core/application-event.ts';
import type { RecordedEvent, ServiceEvent, ServiceNote } from '../../core/event.ts';
import type { Stray } from '../../core/stray.ts';
import type { RunId, ServiceName } from '../../core/names.ts';
import type { HookName, SignalName } from '../../core/service-spec.ts';
import type { EndReason } from '../../core/service-state.ts';

type ProbeFailure = { readonly run: RunId; readonly reason: string };

export type ServiceHistory = {
  /** Wall clock of the last change of state. */
  readonly sinceMs?: number;
  readonly lastEnd?: { readonly run: RunId; readonly reason: EndReason; readonly eventId: number };
  readonly hookFailure?: { readonly run: RunId; readonly hook: HookName; readonly detail: string };
  readonly livenessFailure?: ProbeFailure;
  /** Of the startup or the readiness probe, the last one. */
  readonly readinessFailure?: ProbeFailure;
  /** Left behind by this run; whether they live still is not known. */
  readonly strays?: { readonly run: RunId; readonly found: readonly Stray[] };
  /** A signal that the kernel did not let through to this run. */
  readonly refusal?: { readonly run: RunId; readonly signal: SignalName; readonly errno: string };
};

const NOTHING_KNOWN: ServiceHistory = {};

export class Histories {
  readonly #of: Map<ServiceName, ServiceHistory>;

  constructor(entries: Iterable<readonly [ServiceName, ServiceHistory]> = []) {
    this.#of = new Map(entries);
  }

  get entries(): readonly (readonly [ServiceName, ServiceHistory])[] {
    return [...this.#of];
  }

  of(name: ServiceName): ServiceHistory {
    return this.#of.get(name) ?? NOTHING_KNOWN;
  }

  note({ id, event, timeMs }: RecordedEvent): void {
    if (!('service' in event)) return;
    const news = { ...newsOf(event, id), ...(CHANGES_STATE.has(event.type) ? { sinceMs: timeMs } : {}) };
    if (Object.keys(news).length > 0) this.#of.set(event.service, { ...this.of(event.service), ...news });
  }

  /** Of services that are not there any more nothing is kept. */
  keepOnly(names: ReadonlySet<ServiceName>): void {
    for (const name of this.#of.keys()) if (!names.has(name)) this.#of.delete(name);
  }
}

function newsOf(event: ServiceEvent | ServiceNote | ApplicationEvent, eventId: number): ServiceHistory {
  if (event.type === 'exited')
    return { lastEnd: { run: event.run, reason: { kind: 'exit', exit: event.exit }, eventId } };
  if (event.type === 'spawn-failed')
    return { lastEnd: { run: event.run, reason: { kind: 'spawn', error: event.error }, eventId } };
  if (event.type === 'hook-finished' && event.outcome.kind === 'failed') return hookFailed(event, eventId);
  if (event.type === 'probe-failed') {
    const failure = { run: event.run, reason: event.reason };
    return event.purpose === 'liveness' ? { livenessFailure: failure } : { readinessFailure: failure };
  }
  if (event.type === 'signal-refused') {
    const { run, signal, errno } = event;
    return { refusal: { run, signal, errno } };
  }
  if (event.type === 'strays-found') return { strays: { run: event.run, found: event.strays } };
  return {};
}

function hookFailed(
  { run, hook, outcome }: Extract<ServiceEvent, { type: 'hook-finished' }>,
  eventId: number,
): ServiceHistory {
  const { detail } = outcome;
  const reason: EndReason = { kind: 'hook', hook, detail, exit: undefined };
  return {
    hookFailure: { run, hook, detail },
    // There is no process that could have ended.
    ...(hook === 'pre_start' ? { lastEnd: { run, reason, eventId } } : {}),
  };
}

const CHANGES_STATE: ReadonlySet<string> = new Set([
  'skipped',
  'waiting',
  'scheduled',
  'going-down',
  'starting',
  'ready',
  'unready',
  'stopping',
  'stopped',
  'completed',
  'backing-off',
  'failed',
] satisfies readonly RecordedEvent['event']['type'][]);
