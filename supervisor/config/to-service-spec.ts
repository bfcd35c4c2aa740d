// A service file that has passed every check, to the specification of the core: names of the file to names of the core, and the
// defaults that depend on other keys.
import type { Attachment } from '../core/attachment.ts';
import type { LogSpec } from '../core/log-spec.ts';
import type { ServiceName } from '../core/names.ts';
import type { Schedule } from '../core/schedule.ts';
import type {
  Dependency,
  Importance,
  Reload,
  RestartSpec,
  ServiceSpec,
  StopSpec,
} from '../core/service-spec.ts';
import type { ServiceContext } from './service-context.ts';
import { defaultPolicy, type DraftDependency } from './service-draft.ts';
import type { ServiceFile } from './service-schema.ts';
import { toApplicationSpec } from './to-application-spec.ts';
import { startupTimeoutMs, toLiveness, toReadiness, toStartup } from './to-probe-spec.ts';

export type ServiceParts = {
  readonly name: string;
  readonly file: ServiceFile;
  readonly dependsOn: readonly DraftDependency[];
  readonly context: ServiceContext;
  readonly logs: LogSpec;
  /** Of the service file. */
  readonly directory: string;
};

const STARTUP_TIMEOUT_MS = 60_000;
const BURST_OF_IMPORTANT = 5;

export function toServiceSpec({
  name,
  file,
  dependsOn,
  context,
  logs,
  directory,
}: ServiceParts): ServiceSpec {
  const { environment, execution, resourceControl, eligibility } = context;
  return {
    name: name as ServiceName,
    description: file.description,
    type: file.type,
    command: file.command,
    attachment: toAttachment(file, context),
    environment,
    workingDir: file.working_dir,
    stdio: 'piped',
    dependsOn: dependsOn.map(toDependency),
    startup: toStartup(file.startup.probe),
    readiness: toReadiness(file.readiness),
    liveness: toLiveness(file.liveness, file.stop.timeout),
    startupTimeoutMs: startupTimeoutMs(file.startup.timeout ?? defaultTimeoutMs(file), file.startup.probe),
    restart: toRestart(file),
    importance: toImportance(file),
    stop: toStop(file),
    reload: toReload(file.reload),
    hooks: file.hooks,
    down: file.down,
    schedule: toSchedule(file),
    // Nobody but the operator ends an attached process well.
    successExitCodes: file.type === 'attached' ? [] : file.success_exit_codes,
    logs,
    application: toApplicationSpec(file.application, directory),
    execution,
    resourceControl,
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

function defaultTimeoutMs({ type }: ServiceFile): number {
  return type === 'service' ? STARTUP_TIMEOUT_MS : 0;
}

function toStop({ type, stop: { signal, timeout, kill_mode, command } }: ServiceFile): StopSpec {
  return { signal, timeoutMs: timeout, killMode: type === 'attached' ? 'process' : kill_mode, command };
}

function toAttachment({ attach }: ServiceFile, { attachUid }: ServiceContext): Attachment {
  if (attach === undefined) return { kind: 'none' };
  const { command, executable, pid_file } = attach;
  return { kind: 'process', query: { command, executable, pidFile: pid_file, uid: attachUid } };
}

/** `on_gone: exit` is the end of an essential service that is never started again; `fail` that of any other. */
function toImportance(file: ServiceFile): Importance {
  if (file.main) return 'main';
  return file.essential || file.on_gone === 'exit' ? 'essential' : 'normal';
}

function policyOf(file: ServiceFile): RestartSpec['policy'] {
  if (file.on_gone === 'fail' || file.on_gone === 'exit') return 'never';
  return file.restart.policy ?? defaultPolicy(file.type);
}

function toRestart(file: ServiceFile): RestartSpec {
  const { delay, max_delay, reset_after, burst } = file.restart;
  return {
    policy: policyOf(file),
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

/** contradictions.ts has seen to it that a timer, and nothing else, has one of the two. */
function toSchedule({ every, schedule, time_zone }: ServiceFile): Schedule {
  if (every !== undefined) return { kind: 'every', periodMs: every };
  if (schedule === undefined) return { kind: 'none' };
  return { kind: 'cron', expression: schedule, timeZone: time_zone };
}
