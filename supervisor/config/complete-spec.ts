// What the command line adds to a configuration that was loaded: the socket that services talk to, the budget, the command after
// `--`. The same at the start and whenever the configuration is read again, so that nothing seems to have changed that has not.
import type { LogSpec } from '../core/log-spec.ts';
import type { FleetSpec, ServiceSpec } from '../core/service-spec.ts';
import type { Environment } from './base-environment.ts';
import type { Diagnostic } from './diagnostic.ts';
import { mainCommandConflict, withMainCommand } from './main-command.ts';

export type Completion = {
  /** Services call bosunctl too: they are told where the socket is. */
  readonly socketPath: string;
  /** Wins over the file; undefined when it was not given. */
  readonly shutdownBudgetMs: number | undefined;
  /** After `--`; empty when there is none. */
  readonly command: readonly string[];
  /** What becomes of the output of that command, as a service of this name. */
  readonly logsOfCommand: (service: string) => LogSpec;
  /** Bosun's own. */
  readonly environment: Environment;
  /** `running`: Bosun has taken its place already and does not become a plain init any more. */
  readonly moment: 'start' | 'running';
};

export type CompleteSpec =
  | { readonly kind: 'complete'; readonly spec: FleetSpec }
  | { readonly kind: 'refused'; readonly diagnostic: Diagnostic };

export function completeSpec(loaded: FleetSpec, completion: Completion): CompleteSpec {
  const { socketPath, shutdownBudgetMs, command, logsOfCommand, environment, moment } = completion;
  const socket = { BOSUN_SOCKET: socketPath };
  const spec = {
    ...loaded,
    services: loaded.services.map((service) => addEnvironment(service, socket)),
    shutdownBudgetMs: shutdownBudgetMs ?? loaded.shutdownBudgetMs,
  };
  if (command.length === 0) return { kind: 'complete', spec };
  const conflict = mainCommandConflict(spec, command);
  if (conflict !== undefined) return { kind: 'refused', diagnostic: conflict };
  const complete = withMainCommand(spec, command, { ...environment, ...socket }, logsOfCommand);
  return { kind: 'complete', spec: moment === 'start' ? complete : keepPipes(complete) };
}

function addEnvironment(service: ServiceSpec, environment: Readonly<Record<string, string>>): ServiceSpec {
  return { ...service, environment: { ...service.environment, ...environment } };
}

/** Also when the command is all that is left. */
function keepPipes(spec: FleetSpec): FleetSpec {
  const services = spec.services.map((service) =>
    service.stdio === 'inherited' ? { ...service, stdio: 'piped-with-stdin' as const } : service,
  );
  return { ...spec, services };
}
