// Specifications for tests, with the documented defaults and only what a test cares about said.
import { NO_RESOURCE_CONTROL, PLAIN_EXECUTION } from '../../supervisor/core/execution-spec.ts';
import type { JobSpec } from '../../supervisor/core/job-spec.ts';
import { DEFAULT_LOGS } from '../../supervisor/core/log-spec.ts';
import type { ServiceName } from '../../supervisor/core/names.ts';
import type { Dependency, FleetSpec, ServiceSpec } from '../../supervisor/core/service-spec.ts';

export function service(name: string, more: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    name: name as ServiceName,
    description: '',
    type: 'service',
    command: ['true'],
    attachment: { kind: 'none' },
    environment: {},
    workingDir: '/',
    stdio: 'piped',
    dependsOn: [],
    startup: { kind: 'none' },
    readiness: { kind: 'spawned' },
    liveness: { kind: 'none' },
    startupTimeoutMs: 60_000,
    restart: {
      policy: 'always',
      delayMs: 500,
      maxDelayMs: 30_000,
      resetAfterMs: 60_000,
      burst: { count: 0, windowMs: 60_000 },
    },
    importance: 'normal',
    stop: { signal: 'SIGTERM', timeoutMs: 5000, killMode: 'group', command: undefined },
    reload: { kind: 'none' },
    hooks: {},
    down: undefined,
    schedule: { kind: 'none' },
    successExitCodes: [0],
    logs: DEFAULT_LOGS,
    application: undefined,
    execution: PLAIN_EXECUTION,
    resourceControl: NO_RESOURCE_CONTROL,
    eligibility: { kind: 'eligible' },
    ...more,
  };
}

export function job(script: string, more: Partial<JobSpec> = {}): JobSpec {
  return {
    command: ['sh', '-c', script],
    shown: ['sh', '-c', script],
    environment: { PATH: '/usr/bin:/bin' },
    workingDir: '/',
    execution: PLAIN_EXECUTION,
    resourceControl: NO_RESOURCE_CONTROL,
    context: undefined,
    input: { kind: 'none' },
    stopIntervalMs: 5000,
    timeoutMs: 0,
    outputLimitBytes: 1 << 20,
    ...more,
  };
}

export function needs(name: string, more: Partial<Dependency> = {}): Dependency {
  return {
    name: name as ServiceName,
    condition: 'service_healthy',
    need: 'required',
    onRestart: 'keep',
    ...more,
  };
}

export function fleetOf(...services: readonly ServiceSpec[]): FleetSpec {
  return { services, shutdownBudgetMs: 9000, forwards: [] };
}
