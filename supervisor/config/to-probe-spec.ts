// Readiness, liveness and startup of a service file, to the core's. Only names and forms change here, and the defaults that depend
// on other keys are filled in.
import type { Liveness, ProbeAction, ProbeSpec, ProbeTls, Readiness, Startup } from '../core/probe-spec.ts';
import type { ServiceFile } from './service-schema.ts';

type ReadinessFile = NonNullable<ServiceFile['readiness']>;
type LivenessFile = NonNullable<ServiceFile['liveness']>;
type StartupProbeFile = NonNullable<ServiceFile['startup']['probe']>;
type ProbeFile = ReadinessFile | LivenessFile | StartupProbeFile;
type HttpFile = NonNullable<ProbeFile['http']>;

export function toReadiness(readiness: ReadinessFile | undefined): Readiness {
  if (readiness === undefined) return { kind: 'spawned' };
  const { notify, log } = readiness;
  if (notify?.fd !== undefined) return { kind: 'notify-fd', fd: notify.fd };
  if (notify !== undefined) return { kind: 'notify-socket' };
  return log ?? { kind: 'probe', probe: toProbe(readiness) };
}

export function toLiveness(liveness: LivenessFile | undefined, stopTimeoutMs: number): Liveness {
  if (liveness === undefined) return { kind: 'none' };
  const graceMs = liveness.grace ?? stopTimeoutMs;
  if (liveness.watchdog !== undefined) return { kind: 'watchdog', periodMs: liveness.watchdog, graceMs };
  return { kind: 'probe', probe: toProbe(liveness), graceMs };
}

export function toStartup(probe: StartupProbeFile | undefined): Startup {
  if (probe === undefined) return { kind: 'none' };
  return probe.log ?? { kind: 'probe', probe: toProbe(probe) };
}

/** Kubernetes limits a start by the probe's failures, Bosun by a time: whichever comes first. */
export function startupTimeoutMs(timeoutMs: number, probe: StartupProbeFile | undefined): number {
  if (probe?.failure_threshold === undefined) return timeoutMs;
  const ofProbeMs = probe.initial_delay + probe.failure_threshold * probe.period;
  return timeoutMs === 0 ? ofProbeMs : Math.min(timeoutMs, ofProbeMs);
}

function toProbe(file: ProbeFile): ProbeSpec {
  return {
    action: toAction(file),
    initialDelayMs: file.initial_delay,
    periodMs: file.period,
    timeoutMs: file.timeout,
    successThreshold: file.success_threshold ?? 1,
    // Of a startup probe it has become a time.
    failureThreshold: file.failure_threshold ?? 1,
  };
}

function toAction({ http, tcp, exec, file }: ProbeFile): ProbeAction {
  if (http !== undefined) return toHttp(http);
  if (tcp !== undefined) return { kind: 'tcp', ...tcp };
  if (exec !== undefined) return { kind: 'exec', command: exec };
  if (file !== undefined) return { kind: 'file', path: file };
  throw new Error('a probe without a kind has passed the schema');
}

function toHttp({ url, method, headers, status, tls, contains, max_body }: HttpFile): ProbeAction {
  return {
    kind: 'http',
    url,
    method,
    headers,
    statuses: status,
    tls: toTls(tls),
    maxBodyBytes: max_body,
    bodyContains: contains ?? '',
  };
}

function toTls(tls: HttpFile['tls']): ProbeTls {
  if (tls?.verify !== true) return { verify: 'none' };
  return { verify: 'full', authorityFile: tls.ca ?? '', serverName: tls.server_name ?? '' };
}
