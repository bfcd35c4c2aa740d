// What the views know of each service, as lines of a scrape. One loop over the services for each family, since the lines of a family stand together.
import { toExitCode } from '../../core/exit-status.ts';
import type { ServiceRecord } from '../../core/fleet.ts';
import { isLive, type StateName } from '../../core/service-state.ts';
import { isReady } from '../views/service-projection.ts';
import type { SeenService } from '../views/fleet-view.ts';
import { monotonicMs } from '../ports.ts';
import { label, sample, type Exposition } from './exposition.ts';
import { FAMILIES, type MetricFamily } from './families.ts';

/** In the order of DESIGN and the docs; a record, so that a state that is new is missed here. */
const STATES = Object.keys({
  stopped: 0,
  waiting: 0,
  starting: 0,
  running: 0,
  unready: 0,
  stopping: 0,
  backoff: 0,
  scheduled: 0,
  completed: 0,
  failed: 0,
  skipped: 0,
} satisfies Record<StateName, 0>) as readonly StateName[];

/** Those that come by themselves begin at 0: a rate sees the first one too. The others appear with it. */
const EXITS_FROM_ZERO = ['completed', 'error', 'signal', 'oom'] as const;
const RESTARTS_FROM_ZERO = ['exit'] as const;

export type Labelled<Of> = { readonly labels: string; readonly of: Of };

/** `value`: undefined leaves the service out. */
export function perService<Of>(
  to: Exposition,
  family: MetricFamily,
  services: readonly Labelled<Of>[],
  value: (of: Of) => number | undefined,
): void {
  let lines = '';
  for (const { labels, of } of services) {
    const found = value(of);
    if (found !== undefined) lines += sample(family.name, labels, found);
  }
  to.family(family, lines);
}

export function labelled(services: readonly SeenService[]): readonly Labelled<SeenService>[] {
  return services.map((of) => ({ labels: label('service', of.record.name), of }));
}

export function writeServices(to: Exposition, services: readonly Labelled<SeenService>[]): void {
  const nowMs = monotonicMs();
  const wallMs = Date.now();
  writeStates(to, services);
  perService(to, FAMILIES.wanted, services, ({ record }) => (record.wanted === 'up' ? 1 : 0));
  perService(to, FAMILIES.ready, services, ({ spec, record }) => (isReady(spec, record.state) ? 1 : 0));
  perService(to, FAMILIES.starts, services, ({ record }) => record.starts);
  writeReasons(to, FAMILIES.restarts, services, ({ totals }) =>
    withZeros(totals.restarts, RESTARTS_FROM_ZERO),
  );
  writeReasons(to, FAMILIES.exits, services, ({ totals }) => withZeros(totals.exits, EXITS_FROM_ZERO));
  perService(
    to,
    FAMILIES.lastExitCode,
    services,
    ({ record: { lastExit } }) => lastExit && toExitCode(lastExit),
  );
  perService(to, FAMILIES.startTime, services, ({ record: { state } }) =>
    isLive(state) ? (wallMs - (nowMs - state.startedAtMs)) / 1000 : undefined,
  );
  perService(to, FAMILIES.readySeconds, services, ({ record: { totals } }) =>
    totals.readyAfterMs === undefined ? undefined : totals.readyAfterMs / 1000,
  );
  perService(to, FAMILIES.memoryLimit, services, ({ spec }) => spec.resourceControl.memoryMaxBytes);
}

function writeStates(to: Exposition, services: readonly Labelled<SeenService>[]): void {
  const { name } = FAMILIES.state;
  const endings = STATES.map((state) => ({ state, ending: `,${label('state', state)}} ` }));
  let lines = '';
  for (const { labels, of } of services)
    for (const { state, ending } of endings)
      lines += `${name}{${labels}${ending}${of.record.state.kind === state ? '1' : '0'}\n`;
  to.family(FAMILIES.state, lines);
}

function writeReasons(
  to: Exposition,
  family: MetricFamily,
  services: readonly Labelled<SeenService>[],
  counts: (record: ServiceRecord) => Readonly<Record<string, number>>,
): void {
  let lines = '';
  for (const { labels, of } of services)
    for (const [reason, count] of Object.entries(counts(of.record)))
      lines += sample(family.name, `${labels},${label('reason', reason)}`, count);
  to.family(family, lines);
}

function withZeros(
  counts: Readonly<Record<string, number>>,
  fromZero: readonly string[],
): Readonly<Record<string, number>> {
  return { ...Object.fromEntries(fromZero.map((reason) => [reason, 0])), ...counts };
}
