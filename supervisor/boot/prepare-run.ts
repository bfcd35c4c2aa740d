// From what was asked for to what the supervisor needs: the configuration loaded or refused whole, the command appended,
// the places chosen. Nothing is started here, so that a refusal changes nothing (promise P12).
import { join, resolve } from 'node:path';
import { isatty } from 'node:tty';
import { definedOnly } from '../config/base-environment.ts';
import type { ControlAccess } from '../config/control-access.ts';
import { completeSpec } from '../config/complete-spec.ts';
import { renderDiagnostics } from '../config/diagnostic.ts';
import { parseDuration } from '../config/duration.ts';
import { fixedSettings } from '../config/fixed-settings.ts';
import type { FileSettings } from '../config/fleet-settings.ts';
import type { LoadedLogs } from '../config/load.ts';
import type { LogSettings } from '../core/log-message.ts';
import { DEFAULT_LOGS } from '../core/log-spec.ts';
import type { JournalLimits, PlaneSettings } from '../core/plane-message.ts';
import type { FleetSpec } from '../core/service-spec.ts';
import type { RunRequest } from './command-line.ts';
import { tell } from './last-resort.ts';
import { findConfigDirectory, NO_DIRECTORY } from './place.ts';
import { placesOf, type RunPlaces } from './run-places.ts';
import { VERSION } from '../wire/version.ts';

export type PreparedRun =
  | { readonly kind: 'refused'; readonly message: string }
  | {
      readonly kind: 'prepared';
      readonly mode: 'supervisor' | 'drop-in';
      readonly spec: FleetSpec;
      readonly settings: PlaneSettings;
      readonly logs: LogSettings;
      /** Whether somebody has named the state directory: then what the operator decided is kept. */
      readonly stateDir: 'named' | 'default';
    };

type Loaded = {
  readonly kind: 'loaded';
  /** Empty when there is none, which is a drop-in's case: it has no control plane to read it again. */
  readonly directory: string;
  readonly spec: FleetSpec;
  readonly settings: FileSettings;
  readonly access: ControlAccess;
  readonly logs: LoadedLogs;
};
type Refused = { readonly kind: 'refused'; readonly message: string };

const NO_SERVICES: Loaded = {
  kind: 'loaded',
  directory: '',
  spec: { services: [], shutdownBudgetMs: 9000, forwards: [] },
  settings: {
    logs: { format: 'prefix', sinks: {} },
    journal: { segment_events: 100_000, segment_size: 64 * 1024 * 1024, keep: 4 },
  },
  access: { socketRules: [], listeners: [] },
  // A command that stands alone has Bosun's own standard streams.
  logs: { ofCommand: () => DEFAULT_LOGS, sinks: [] },
};

export async function prepareRun(request: RunRequest): Promise<PreparedRun> {
  const environment = definedOnly(process.env);
  const shutdownBudgetMs = budgetMs(request);
  if (shutdownBudgetMs === 'wrong')
    return { kind: 'refused', message: `bosun: --shutdown-budget takes a duration such as 9s` };
  const placesFor = placesOf(request, environment);
  const loaded = await load(request, environment, placesFor);
  if (loaded.kind === 'refused') return loaded;
  const places = await placesFor(loaded.settings);
  const { command } = request;
  const complete = completeSpec(loaded.spec, {
    socketPath: places.socketPath,
    shutdownBudgetMs,
    command,
    logsOfCommand: loaded.logs.ofCommand,
    environment,
    moment: 'start',
  });
  if (complete.kind === 'refused') {
    return { kind: 'refused', message: renderDiagnostics([complete.diagnostic], { color: isatty(2) }) };
  }
  const overridden = overriddenKeys(request);
  const logs = toLogSettings(places, loaded.logs);
  return {
    kind: 'prepared',
    mode: complete.spec.services.some((service) => service.stdio === 'inherited') ? 'drop-in' : 'supervisor',
    spec: complete.spec,
    stateDir: places.stateDirIs,
    logs,
    settings: {
      version: VERSION,
      socketPath: places.socketPath,
      logFormat: places.logs.format,
      ownUid: process.getuid?.() ?? 0,
      enginePid: process.pid,
      stateDir: places.stateDir,
      journal: toJournalLimits(loaded.settings),
      spoolDir: logs.spoolDir,
      sinks: logs.sinks,
      ...loaded.access,
      tracing: loaded.settings.tracing?.otlp,
      configuration: {
        directory: loaded.directory,
        command,
        shutdownBudgetMs,
        fixed: fixedSettings(loaded.settings, overridden),
        overridden,
        logs: places.logs,
      },
    },
  };
}

/** Keys of bosun.yaml that an option decides, whatever the file comes to say. */
function overriddenKeys({ socketPath, logFormat, stateDir }: RunRequest): readonly string[] {
  return [
    ...(socketPath === undefined ? [] : ['socket']),
    ...(logFormat === undefined ? [] : ['logs.format']),
    ...((stateDir ?? '') === '' ? [] : ['state_dir']),
  ];
}

function toJournalLimits({ journal }: FileSettings): JournalLimits {
  return {
    segmentEvents: journal.segment_events,
    segmentBytes: journal.segment_size,
    keep: journal.keep,
  };
}

function toLogSettings({ logs, stateDir }: RunPlaces, { sinks }: LoadedLogs): LogSettings {
  return { format: logs.format, enginePid: process.pid, spoolDir: join(stateDir, 'spool'), sinks };
}

async function load(
  request: RunRequest,
  environment: Record<string, string>,
  placesFor: ReturnType<typeof placesOf>,
): Promise<Loaded | Refused> {
  const directory = request.configDirectory ?? (await findConfigDirectory());
  if (directory === undefined)
    return request.command.length > 0 ? NO_SERVICES : { kind: 'refused', message: `bosun: ${NO_DIRECTORY}` };
  // Loaded here: a drop-in command does not pay for YAML and its schema.
  const { loadConfiguration } = await import('../config/load.ts');
  const result = await loadConfiguration({
    directory,
    environment,
    logPlaces: async (settings) => (await placesFor(settings)).logs,
  });
  const color = isatty(2);
  if (result.kind === 'refused') {
    const shown = renderDiagnostics(result.diagnostics, { color });
    return { kind: 'refused', message: `${shown}\nbosun: nothing was started` };
  }
  if (result.warnings.length > 0) tell(renderDiagnostics(result.warnings, { color }));
  // The control plane reads it again later, whatever the working directory is by then.
  return { ...result, directory: resolve(directory) };
}

function budgetMs({ shutdownBudget }: RunRequest): number | undefined | 'wrong' {
  if (shutdownBudget === undefined) return undefined;
  const parsed = parseDuration(shutdownBudget);
  return parsed.kind === 'ok' ? parsed.value : 'wrong';
}
