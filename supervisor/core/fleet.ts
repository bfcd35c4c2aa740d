// The state of the whole: one record for each service, in the order of the specification, and the phase of the container.
// Data only. decide.ts and evolve.ts are the only ones that make a new one.
import type { FleetEvent, Wanted } from './event.ts';
import type { ExitStatus } from './exit-status.ts';
import type { JobRecord } from './job.ts';
import type { JobId, RunId, ServiceName } from './names.ts';
import type { ServiceState } from './service-state.ts';
import { NO_TOTALS, type ServiceTotals } from './service-totals.ts';

export type ServiceRecord = {
  readonly name: ServiceName;
  readonly wanted: Wanted;
  readonly state: ServiceState;
  /** The newest run, 0 before the first. */
  readonly lastRun: RunId | 0;
  /** How the newest run that has ended ended. */
  readonly lastExit: ExitStatus | undefined;
  /** Restarts since the last reset: the exponent of the back-off. */
  readonly attempt: number;
  /** Monotonic times of the restarts that the burst limit still counts. */
  readonly recentRestartsMs: readonly number[];
  /** Starts, restarts by policy: for status and metrics. */
  readonly starts: number;
  readonly restarts: number;
  readonly totals: ServiceTotals;
  /** STATUS= of sd_notify(3) in the newest run. */
  readonly statusText: string;
  /** What the newest run was promised and does not have, such as a control group. */
  readonly degraded: readonly string[];
  /**
   * Whether it lives by the configuration as it is. `outdated`: by an earlier one; it is restarted with the new one. `removed`: the
   * configuration has it no more; it is stopped, and forgotten when it has ended.
   */
  readonly configured: 'current' | 'outdated' | 'removed';
};

export type Phase =
  | { readonly kind: 'created' }
  | { readonly kind: 'up' }
  | {
      readonly kind: 'stopping';
      readonly exitCode: number;
      readonly order: 'reverse' | 'dropped';
      readonly orderUntilMs: number;
      readonly killAtMs: number;
      readonly endAtMs: number;
    }
  | {
      readonly kind: 'sweeping';
      readonly exitCode: number;
      readonly step: 'asked' | 'killed';
      readonly killAtMs: number;
      readonly endAtMs: number;
    }
  | { readonly kind: 'ended'; readonly exitCode: number };

export const FIRST_JOB = 1 as JobId;

export type Fleet = {
  readonly phase: Phase;
  readonly services: readonly ServiceRecord[];
  /** Those that live and the newest that have ended, oldest first. */
  readonly jobs: readonly JobRecord[];
  readonly nextRun: number;
  readonly nextJob: number;
};

export function createFleet(names: readonly ServiceName[], nextJob = FIRST_JOB): Fleet {
  return { phase: { kind: 'created' }, services: names.map(createRecord), jobs: [], nextRun: 1, nextJob };
}

/** The records of these services, kept where there is one. */
export function reorder(
  records: readonly ServiceRecord[],
  event: Pick<Extract<FleetEvent, { type: 'configured' }>, 'services' | 'outdated' | 'removed'>,
): readonly ServiceRecord[] {
  const known = new Map(records.map((record) => [record.name, record]));
  return event.services.map((name) => {
    const configured = event.removed.includes(name)
      ? 'removed'
      : event.outdated.includes(name)
        ? 'outdated'
        : 'current';
    return { ...(known.get(name) ?? createRecord(name)), configured };
  });
}

function createRecord(name: ServiceName): ServiceRecord {
  return {
    name,
    wanted: 'up',
    state: { kind: 'stopped' },
    lastRun: 0,
    lastExit: undefined,
    attempt: 0,
    recentRestartsMs: [],
    starts: 0,
    restarts: 0,
    totals: NO_TOTALS,
    statusText: '',
    degraded: [],
    configured: 'current',
  };
}
