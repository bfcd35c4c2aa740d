// From what was asked for to what the supervisor needs: the configuration loaded or refused whole, the command appended,
// the places chosen. Nothing is started here, so that a refusal changes nothing (promise P12).
import { resolve } from 'node:path';
import { isatty } from 'node:tty';
import { definedOnly } from '../config/base-environment.ts';
import { renderDiagnostics } from '../config/diagnostic.ts';
import { parseDuration } from '../config/duration.ts';
import type { FileSettings } from '../config/fleet-settings.ts';
import { mainCommandConflict, withMainCommand } from '../config/main-command.ts';
import type { PlaneSettings } from '../core/plane-message.ts';
import type { FleetSpec } from '../core/service-spec.ts';
import type { RunRequest } from './command-line.ts';
import { tell } from './last-resort.ts';
import { findConfigDirectory, findSocketPath, NO_DIRECTORY } from './place.ts';
import { VERSION } from './version.ts';

export type PreparedRun =
  | { readonly kind: 'refused'; readonly message: string }
  | {
      readonly kind: 'prepared';
      readonly mode: 'supervisor' | 'drop-in';
      readonly spec: FleetSpec;
      readonly settings: PlaneSettings;
    };

type Loaded = { readonly kind: 'loaded'; readonly spec: FleetSpec; readonly settings: FileSettings };
type Refused = { readonly kind: 'refused'; readonly message: string };

const NO_SERVICES: Loaded = {
  kind: 'loaded',
  spec: { services: [], shutdownBudgetMs: 9000, forwards: [] },
  settings: { logs: { format: 'prefix' } },
};

export async function prepareRun(request: RunRequest): Promise<PreparedRun> {
  const environment = definedOnly(process.env);
  const loaded = await load(request, environment);
  if (loaded.kind === 'refused') return loaded;
  const budget = budgetMs(request, loaded.spec);
  if (budget === undefined)
    return { kind: 'refused', message: `bosun: --shutdown-budget takes a duration such as 9s` };
  const socketPath = await chooseSocket(request, loaded.settings, environment);
  const socketEnvironment = { BOSUN_SOCKET: socketPath };
  const spec = withSocket({ ...loaded.spec, shutdownBudgetMs: budget }, socketEnvironment);
  const complete = withCommand(spec, request, { ...environment, ...socketEnvironment });
  if (complete.kind === 'refused') return complete;
  return {
    kind: 'prepared',
    mode: complete.spec.services.some((service) => service.stdio === 'inherited') ? 'drop-in' : 'supervisor',
    spec: complete.spec,
    settings: {
      version: VERSION,
      socketPath,
      logFormat: request.logFormat ?? loaded.settings.logs.format,
      ownUid: process.getuid?.() ?? 0,
      enginePid: process.pid,
    },
  };
}

async function load(request: RunRequest, environment: Record<string, string>): Promise<Loaded | Refused> {
  const directory = request.configDirectory ?? (await findConfigDirectory());
  if (directory === undefined)
    return request.command.length > 0 ? NO_SERVICES : { kind: 'refused', message: `bosun: ${NO_DIRECTORY}` };
  // Loaded here: a drop-in command does not pay for YAML and its schema.
  const { loadConfiguration } = await import('../config/load.ts');
  const result = await loadConfiguration({ directory, environment });
  const color = isatty(2);
  if (result.kind === 'refused') {
    const shown = renderDiagnostics(result.diagnostics, { color });
    return { kind: 'refused', message: `${shown}\nbosun: nothing was started` };
  }
  if (result.warnings.length > 0) tell(renderDiagnostics(result.warnings, { color }));
  return result;
}

function budgetMs(request: RunRequest, spec: FleetSpec): number | undefined {
  if (request.shutdownBudget === undefined) return spec.shutdownBudgetMs;
  const parsed = parseDuration(request.shutdownBudget);
  return parsed.kind === 'ok' ? parsed.value : undefined;
}

/** An option wins over the file, the file over what is found. */
async function chooseSocket(
  request: RunRequest,
  settings: FileSettings,
  environment: Record<string, string>,
): Promise<string> {
  const named = request.socketPath ?? settings.socket;
  return named === undefined ? findSocketPath(environment) : resolve(named);
}

/** Services call bosunctl too: they are told where the socket is. */
function withSocket(spec: FleetSpec, socketEnvironment: Record<string, string>): FleetSpec {
  const services = spec.services.map((service) => ({
    ...service,
    environment: { ...service.environment, ...socketEnvironment },
  }));
  return { ...spec, services };
}

function withCommand(
  spec: FleetSpec,
  { command }: RunRequest,
  environment: Record<string, string>,
): { readonly kind: 'complete'; readonly spec: FleetSpec } | Refused {
  if (command.length === 0) return { kind: 'complete', spec };
  const conflict = mainCommandConflict(spec, command);
  if (conflict !== undefined)
    return { kind: 'refused', message: renderDiagnostics([conflict], { color: isatty(2) }) };
  return { kind: 'complete', spec: withMainCommand(spec, command, environment) };
}
