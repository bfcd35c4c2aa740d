// One question to a service and its answer. A probe never throws and never outlives its signal; what it finds wrong it
// says in words that do not change from one try to the next, so that the same failure is not told twice.
import type { ProbeAnswer } from '../core/input.ts';

export type Probe = (signal: AbortSignal) => Promise<ProbeAnswer>;

export const OK: ProbeAnswer = { kind: 'ok' };

export function failed(reason: string): ProbeAnswer {
  return { kind: 'failed', reason };
}

/** The words of every kind of probe, so that it does not matter who notices first. */
export function failedLate(timeoutMs: number): ProbeAnswer {
  return failed(`no answer within ${timeoutMs} ms`);
}

/** The code of a system error (`ECONNREFUSED`), or the message of any other. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : error.message;
}
