// Whether and when a run that ended by itself is followed by another: the policy, the back-off and the burst limit.
import { isSuccess, toExitCode } from './exit-status.ts';
import type { ServiceRecord } from './fleet.ts';
import type { RestartSpec, ServiceSpec } from './service-spec.ts';
import type { EndReason } from './service-state.ts';

export type Verdict =
  | { readonly kind: 'restart'; readonly delayMs: number }
  | { readonly kind: 'complete' }
  | { readonly kind: 'give-up' };

const JITTER_SHARE = 0.1;

/** `random` in [0, 1) is the jitter: restarts after a shared failure should not come in step. */
export function judgeEnd(
  spec: ServiceSpec,
  record: ServiceRecord,
  reason: EndReason,
  moment: { readonly nowMs: number; readonly random: number },
): Verdict {
  const succeeded = endedWell(spec, reason);
  if (succeeded && spec.restart.policy !== 'always') return { kind: 'complete' };
  if (!succeeded && spec.restart.policy === 'never') return { kind: 'give-up' };
  if (burstReached(spec.restart, record.recentRestartsMs, moment.nowMs)) return { kind: 'give-up' };
  return { kind: 'restart', delayMs: backoffDelayMs(spec.restart, record.attempt, moment.random) };
}

function endedWell(spec: ServiceSpec, reason: EndReason): boolean {
  return reason.kind === 'exit' && isSuccess(reason.exit, spec.successExitCodes);
}

/** `delay` doubled `attempt` times up to `max_delay`, and up to a tenth more. */
function backoffDelayMs(restart: RestartSpec, attempt: number, random: number): number {
  // 2 ** 1024 is Infinity and Infinity * 0 is NaN: the exponent has to stop somewhere below.
  const doubled = restart.delayMs * 2 ** Math.min(attempt, 60);
  return Math.round(Math.min(doubled, restart.maxDelayMs) * (1 + JITTER_SHARE * random));
}

function burstReached(restart: RestartSpec, recentRestartsMs: readonly number[], nowMs: number): boolean {
  const { count, windowMs } = restart.burst;
  if (count === 0) return false;
  return recentRestartsMs.filter((atMs) => nowMs - atMs < windowMs).length >= count;
}

/**
 * What the container exits with when this end is final: the process's own code or 128+n, 126 and 127 as Docker and POSIX
 * use them, and never 0 when the service was given up, however well its last run ended.
 */
export function finalExitCode(reason: EndReason, verdict: 'complete' | 'give-up'): number {
  if (reason.kind === 'spawn') return reason.error.code === 'ENOENT' ? 127 : 126;
  if (reason.exit === undefined) return 1;
  const code = toExitCode(reason.exit);
  return verdict === 'give-up' && code === 0 ? 1 : code;
}
