// A service file that has passed every check, to the specification of the core: names of the file to names of the core, and the
// defaults that depend on other keys.
import { NO_RESOURCE_CONTROL, PLAIN_EXECUTION } from '../core/execution-spec.ts';
import type { ServiceName } from '../core/names.ts';
import type { Liveness, ProbeAction, ProbeSpec, Readiness } from '../core/probe-spec.ts';
import type {
  Dependency,
  Eligibility,
  Importance,
  Reload,
  RestartSpec,
  ServiceSpec,
} from '../core/service-spec.ts';
import { defaultPolicy, type DraftDependency } from './service-draft.ts';
import type { ServiceFile } from './service-schema.ts';

export type ServiceParts = {
  readonly name: string;
  readonly file: ServiceFile;
  readonly dependsOn: readonly DraftDependency[];
  readonly environment: Readonly<Record<string, string>>;
  readonly eligibility: Eligibility;
};

const STARTUP_TIMEOUT_MS = 60_000;
const BURST_OF_IMPORTANT = 5;

export function toServiceSpec({
  name,
  file,
  dependsOn,
  environment,
  eligibility,
}: ServiceParts): ServiceSpec {
  return {
    name: name as ServiceName,
    description: file.description,
    type: file.type,
    command: file.command,
    environment,
    workingDir: file.working_dir,
    stdio: 'piped',
    dependsOn: dependsOn.map(toDependency),
    startup: { kind: 'none' },
    readiness: toReadiness(file.readiness),
    liveness: toLiveness(file.liveness, file.stop.timeout),
    startupTimeoutMs: file.startup.timeout ?? (file.type === 'oneshot' ? 0 : STARTUP_TIMEOUT_MS),
    restart: toRestart(file),
    importance: toImportance(file),
    stop: { signal: file.stop.signal, timeoutMs: file.stop.timeout, killMode: 'group', command: undefined },
    reload: toReload(file.reload),
    hooks: {},
    down: undefined,
    schedule: { kind: 'none' },
    successExitCodes: file.success_exit_codes,
    execution: PLAIN_EXECUTION,
    resourceControl: NO_RESOURCE_CONTROL,
    eligibility,
  };
}

function toDependency({ name, condition, required, restart }: DraftDependency): Dependency {
  return {
    name: name as ServiceName,
    condition,
    need: required ? 'required' : 'optional',
    onRestart: restart ? 'follow' : 'keep',
  };
}

function toReadiness(readiness: ServiceFile['readiness']): Readiness {
  if (readiness === undefined) return { kind: 'spawned' };
  if (readiness.notify !== undefined) return { kind: 'notify-fd', fd: readiness.notify.fd };
  const probe = toProbe(readiness);
  return probe === undefined ? { kind: 'spawned' } : { kind: 'probe', probe };
}

function toLiveness(liveness: ServiceFile['liveness'], graceMs: number): Liveness {
  const probe = liveness === undefined ? undefined : toProbe(liveness);
  return probe === undefined ? { kind: 'none' } : { kind: 'probe', probe, graceMs };
}

type ProbeFile = NonNullable<ServiceFile['liveness']>;

function toProbe(file: ProbeFile): ProbeSpec | undefined {
  const action = toAction(file);
  if (action === undefined) return undefined;
  return {
    action,
    initialDelayMs: 0,
    periodMs: file.period,
    timeoutMs: file.timeout,
    successThreshold: 1,
    failureThreshold: file.failure_threshold,
  };
}

function toAction({ http, tcp, exec, file }: ProbeFile): ProbeAction | undefined {
  if (http !== undefined)
    return {
      kind: 'http',
      ...http,
      statuses: [{ from: 200, to: 399 }],
      tls: { verify: 'none' },
      maxBodyBytes: 0,
      bodyContains: '',
    };
  if (tcp !== undefined) return { kind: 'tcp', ...tcp };
  if (exec !== undefined) return { kind: 'exec', command: exec };
  return file === undefined ? undefined : { kind: 'file', path: file };
}

function toImportance(file: ServiceFile): Importance {
  if (file.main) return 'main';
  return file.essential ? 'essential' : 'normal';
}

function toRestart(file: ServiceFile): RestartSpec {
  const { policy, delay, max_delay, reset_after, burst } = file.restart;
  return {
    policy: policy ?? defaultPolicy(file.type),
    delayMs: delay,
    maxDelayMs: max_delay,
    resetAfterMs: reset_after,
    burst: {
      count: burst.count ?? (file.main || file.essential ? BURST_OF_IMPORTANT : 0),
      windowMs: burst.window,
    },
  };
}

function toReload(reload: ServiceFile['reload']): Reload {
  if (reload?.signal !== undefined) return { kind: 'signal', signal: reload.signal };
  if (reload?.command !== undefined)
    return { kind: 'command', command: reload.command, timeoutMs: reload.timeout };
  return { kind: 'none' };
}
