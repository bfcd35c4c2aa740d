// The command of `bosun run -- COMMAND` as a service named `main`: alone it is a drop-in for tini, beside others it starts last.
import { NO_RESOURCE_CONTROL, PLAIN_EXECUTION } from '../core/execution-spec.ts';
import type { LogSpec } from '../core/log-spec.ts';
import type { ServiceName } from '../core/names.ts';
import type { Dependency, FleetSpec, ServiceSpec, Stdio } from '../core/service-spec.ts';
import { baseEnvironment, type Environment } from './base-environment.ts';
import type { Diagnostic } from './diagnostic.ts';

const MAIN = 'main' as ServiceName;

export type MainCommandOptions = {
  readonly stdio: Stdio;
  readonly logs: LogSpec;
  /** SIGKILL follows the stop signal after this; the shutdown's own budget cuts it in any case. */
  readonly stopTimeoutMs?: number;
  /** Where the command runs: Bosun's own working directory if not said, because a drop-in must not change it. */
  readonly workingDir?: string;
};

const DEFAULT_STOP_TIMEOUT_MS = 9000;

/** `command` has at least the program. */
export function mainCommandService(
  command: readonly string[],
  environment: Environment,
  options: MainCommandOptions,
): ServiceSpec {
  const [program = '', ...args] = command;
  return {
    name: MAIN,
    description: 'The command given on the command line',
    type: 'service',
    command: [program, ...args],
    attachment: { kind: 'none' },
    environment: baseEnvironment(environment, MAIN),
    workingDir: options.workingDir ?? process.cwd(),
    stdio: options.stdio,
    dependsOn: [],
    startup: { kind: 'none' },
    readiness: { kind: 'spawned' },
    liveness: { kind: 'none' },
    startupTimeoutMs: 0,
    restart: {
      policy: 'never',
      delayMs: 0,
      maxDelayMs: 0,
      resetAfterMs: 0,
      burst: { count: 0, windowMs: 60_000 },
    },
    importance: 'main',
    stop: {
      signal: 'SIGTERM',
      timeoutMs: options.stopTimeoutMs ?? DEFAULT_STOP_TIMEOUT_MS,
      killMode: 'group',
      command: undefined,
    },
    reload: { kind: 'none' },
    hooks: {},
    down: undefined,
    schedule: { kind: 'none' },
    successExitCodes: [0],
    logs: options.logs,
    application: undefined,
    execution: PLAIN_EXECUTION,
    resourceControl: NO_RESOURCE_CONTROL,
    eligibility: { kind: 'eligible' },
  };
}

/** Appends the command; it waits for every other service. Ask mainCommandConflict first. */
export function withMainCommand(
  spec: FleetSpec,
  command: readonly string[],
  environment: Environment,
  logsOf: (service: string) => LogSpec,
): FleetSpec {
  const alone = spec.services.length === 0;
  // A timer is never ready.
  const awaitable = spec.services.filter(({ type }) => type !== 'timer');
  const service = mainCommandService(command, environment, {
    stdio: alone ? 'inherited' : 'piped-with-stdin',
    stopTimeoutMs: spec.shutdownBudgetMs,
    logs: logsOf(MAIN),
  });
  return {
    ...spec,
    services: [...spec.services, { ...service, dependsOn: awaitable.map(dependencyOn) }],
  };
}

function dependencyOn(service: ServiceSpec): Dependency {
  return {
    name: service.name,
    condition: service.type === 'oneshot' ? 'service_completed_successfully' : 'service_healthy',
    need: service.eligibility.kind === 'skipped' ? 'optional' : 'required',
    onRestart: 'keep',
  };
}

/** A configured service that the command cannot stand beside: one called `main`, or one that is main itself. */
export function mainCommandConflict(spec: FleetSpec, command: readonly string[]): Diagnostic | undefined {
  const named = spec.services.find((service) => service.name === MAIN);
  if (named !== undefined) {
    return conflict(
      command,
      'a service is called "main" already, the name of the command',
      'Rename its file, or give no command.',
    );
  }
  const main = spec.services.find((service) => service.importance === 'main');
  if (main === undefined) return undefined;
  const remedy = 'The container has one exit code: make that service essential, or give no command.';
  return conflict(command, `"${main.name}" is main already, and so is a command`, remedy);
}

function conflict(command: readonly string[], message: string, remedy: string): Diagnostic {
  const start = 'bosun run ';
  const sourceLine = `${start}-- ${command.join(' ')}`;
  const length = sourceLine.length - start.length;
  const place = { file: 'command line', line: 1, column: start.length + 1, length };
  return { severity: 'error', ...place, key: '', message, remedy, sourceLine };
}
