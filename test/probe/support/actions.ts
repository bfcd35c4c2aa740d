// Probes for tests with the documented defaults, and one question asked.
import type { ProbeAnswer } from '../../../supervisor/core/input.ts';
import type { ProbeAction, ProbeSpec } from '../../../supervisor/core/probe-spec.ts';
import type { Probe } from '../../../supervisor/probe/probe.ts';
import { within } from '../../support/deadline.ts';

type HttpAction = Extract<ProbeAction, { kind: 'http' }>;

export function http(url: string, more: Partial<HttpAction> = {}): HttpAction {
  return {
    kind: 'http',
    url,
    method: 'GET',
    headers: {},
    statuses: [{ from: 200, to: 399 }],
    tls: { verify: 'none' },
    maxBodyBytes: 0,
    bodyContains: '',
    ...more,
  };
}

export function probeSpec(more: Partial<ProbeSpec> = {}): ProbeSpec {
  return {
    action: { kind: 'file', path: '/x' },
    initialDelayMs: 0,
    periodMs: 100,
    timeoutMs: 40,
    successThreshold: 1,
    failureThreshold: 3,
    ...more,
  };
}

export async function once(probe: Probe, signal = new AbortController().signal): Promise<ProbeAnswer> {
  return within('the answer', probe(signal));
}

/** The reason of a failure; empty for a success. */
export async function reason(probe: Probe): Promise<string> {
  const answer = await once(probe);
  return answer.kind === 'ok' ? '' : answer.reason;
}
