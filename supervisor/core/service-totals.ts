// What is counted of a service over all of its runs, as the events tell it: how its runs ended, why it was restarted, how long its last start
// took. It belongs to the state, so that a replay gives it again (P10). Nothing is decided by it.
import type { ServiceEvent } from './event.ts';
import type { ExitStatus } from './exit-status.ts';
import type { EndReason, ServiceState, StopCause } from './service-state.ts';

/** `completed`: by itself, with the code 0; `error`: with another one. The others: what Bosun ended it for. */
export type ExitReason =
  'completed' | 'error' | 'signal' | 'oom' | 'unknown' | Exclude<StopCause, 'leader-exited'>;

/** By the policy after such an end; or because somebody wanted it. */
export type RestartReason = EndReason['kind'] | 'requested' | 'dependency-restarted' | 'reconfigured';

export type ServiceTotals = {
  readonly exits: Readonly<Partial<Record<ExitReason, number>>>;
  readonly restarts: Readonly<Partial<Record<RestartReason, number>>>;
  /** From its start until it was ready for the first time, in the newest run that got so far. */
  readonly readyAfterMs: number | undefined;
};

export const NO_TOTALS: ServiceTotals = { exits: {}, restarts: {}, readyAfterMs: undefined };

/** `before`: the state that the event finds. */
export function totalsAfter(totals: ServiceTotals, before: ServiceState, event: ServiceEvent): ServiceTotals {
  if (event.type === 'exited')
    return { ...totals, exits: oneMore(totals.exits, exitReason(before, event.exit)) };
  if (event.type === 'ready' && before.kind === 'starting')
    return { ...totals, readyAfterMs: event.atMs - before.startedAtMs };
  const reason = restartReason(before, event);
  return reason === undefined ? totals : { ...totals, restarts: oneMore(totals.restarts, reason) };
}

function restartReason(before: ServiceState, event: ServiceEvent): RestartReason | undefined {
  if (event.type === 'backing-off') return event.reason.kind;
  return event.type === 'waiting' && before.kind === 'stopping' ? askedRestart(before.cause) : undefined;
}

function exitReason(before: ServiceState, exit: ExitStatus): ExitReason {
  if (before.kind === 'stopping' && before.cause !== 'leader-exited') return before.cause;
  if (exit.kind === 'signal') return exit.by === 'oom' ? 'oom' : 'signal';
  if (exit.kind === 'unknown') return 'unknown';
  return exit.code === 0 ? 'completed' : 'error';
}

/** A run that was ended for another one: the state is `waiting` in between, without back-off. */
function askedRestart(cause: StopCause): RestartReason | undefined {
  switch (cause) {
    case 'restart':
      return 'requested';
    case 'dependency-restarted':
    case 'reconfigured':
      return cause;
    case 'requested':
    case 'shutdown':
    case 'startup-timeout':
    case 'liveness-failed':
    case 'hook-failed':
    case 'leader-exited':
      return undefined;
  }
}

function oneMore<Key extends string>(
  counts: Readonly<Partial<Record<Key, number>>>,
  key: Key,
): Readonly<Partial<Record<Key, number>>> {
  return { ...counts, [key]: (counts[key] ?? 0) + 1 };
}
