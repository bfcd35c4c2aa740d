// The entry of this folder: a directory of service files to a FleetSpec, or every diagnostic at once. Changes nothing, starts
// nothing, never throws.
import { dirname, join } from 'node:path';
import type { LogPlaces, LogSinkSpec, LogSpec } from '../core/log-spec.ts';
import type { FleetSpec, ServiceSpec } from '../core/service-spec.ts';
import type { Environment } from './base-environment.ts';
import { controlAccessOf, type ControlAccess } from './control-access.ts';
import { crossCheck } from './cross-checks.ts';
import { hasErrors, sortDiagnostics, wholeFile, type Diagnostic } from './diagnostic.ts';
import { limitPerFile, withoutRepeats } from './diagnostic-limit.ts';
import {
  checkForwards,
  draftFleet,
  toFileSettings,
  toForwards,
  type FileSettings,
  type FleetDraft,
} from './fleet-settings.ts';
import { logSpecsOf, type FleetLogs } from './log-specs.ts';
import { toLogSinks } from './log-sinks.ts';
import { readServiceDirectory } from './service-directory.ts';
import { draftServices, type ServiceDraft } from './service-draft.ts';
import { contextsOf, type ServiceContexts } from './service-context.ts';
import { fleetSchema } from './fleet-schema.ts';
import { inStartOrder } from './start-order.ts';
import { meanAllInstances } from './template-dependencies.ts';
import { readSystemFacts, type SystemFacts } from './system-facts.ts';
import { toServiceSpec } from './to-service-spec.ts';

export type LoadOptions = {
  readonly directory: string;
  /** Bosun's own: for ${VAR}, and the base of each service's environment. */
  readonly environment: Environment;
  /** What Bosun may do here, and whom and what there is; read from the system if not said. */
  readonly readFacts?: () => Promise<SystemFacts>;
  /** What options or the start of Bosun have settled; as bosun.yaml says it if nobody has. */
  readonly logPlaces?: (settings: FileSettings) => Promise<LogPlaces>;
};

/** Of what bosun.yaml says besides. */
export type LoadedLogs = {
  /** Of the command after `--`, as a service of this name. */
  readonly ofCommand: (service: string) => LogSpec;
  readonly sinks: readonly LogSinkSpec[];
};

export type LoadResult =
  | {
      readonly kind: 'loaded';
      readonly spec: FleetSpec;
      readonly settings: FileSettings;
      readonly access: ControlAccess;
      readonly logs: LoadedLogs;
      readonly warnings: readonly Diagnostic[];
    }
  | { readonly kind: 'refused'; readonly diagnostics: readonly Diagnostic[] };

const NOTHING_SAID = fleetSchema.parse({});

export async function loadConfiguration(options: LoadOptions): Promise<LoadResult> {
  try {
    return await load(options);
  } catch (error) {
    // A bug of ours. PID 1 must be able to say so instead of ending by an exception.
    const reason = error instanceof Error ? error.message : String(error);
    const finding = {
      key: '',
      message: `internal error: ${reason}`,
      remedy: 'This is a bug in Bosun. Please report it.',
    };
    return { kind: 'refused', diagnostics: [wholeFile(options.directory, finding)] };
  }
}

async function load({ directory, environment, ...asked }: LoadOptions): Promise<LoadResult> {
  const [listing, fleet] = await Promise.all([
    readServiceDirectory(directory),
    draftFleet(directory, environment),
  ]);
  const drafted = listing.services.map((service) => draftServices(service, environment));
  const drafts = meanAllInstances((await Promise.all(drafted)).flat());
  const readFacts = asked.readFacts ?? readSystemFacts;
  const contexts = await contextsOf(drafts, environment, readFacts);
  const control = await controlAccessOf(fleet, directory, readFacts);
  const names = drafts.map((draft) => draft.name);
  const others = [
    ...listing.diagnostics,
    ...fleet.diagnostics,
    ...checkForwards(fleet, names),
    ...control.diagnostics,
    ...drafts.flatMap((draft) => draft.diagnostics),
    ...[...contexts.values()].flatMap((context) => context.diagnostics),
    ...crossCheck(drafts),
  ];
  // To choose them may make a directory, and a refusal changes nothing.
  const choose = hasErrors(others) ? placesInFile : (asked.logPlaces ?? placesInFile);
  const places = await choose(toFileSettings(fleet.file ?? NOTHING_SAID));
  const logs = await logSpecsOf({ drafts, fleet, contexts, places, readFacts });
  const found = sortDiagnostics([...others, ...logs.diagnostics]);
  const diagnostics = limitPerFile(withoutRepeats(found));
  if (hasErrors(diagnostics)) return { kind: 'refused', diagnostics };
  return { ...assemble(drafts, fleet, { contexts, logs }, diagnostics), access: control.access };
}

/** Where the state directory is beside a socket whose place is not known yet. */
const USUAL_STATE_DIR = '/run/bosun/bosun.state';

function placesInFile({ logs, state_dir = USUAL_STATE_DIR }: FileSettings): Promise<LogPlaces> {
  const { format, dir = join(state_dir, 'logs'), sinks } = logs;
  return Promise.resolve({ format, directory: dir, sinks: Object.keys(sinks) });
}

type Resolved = { readonly contexts: ServiceContexts; readonly logs: FleetLogs };

function assemble(
  drafts: readonly ServiceDraft[],
  { file }: FleetDraft,
  resolved: Resolved,
  warnings: readonly Diagnostic[],
): Omit<Extract<LoadResult, { kind: 'loaded' }>, 'access'> {
  if (file === undefined) throw new Error('bosun.yaml was refused without a reason');
  const spec = {
    services: inStartOrder(drafts.map((draft) => toSpec(draft, resolved))),
    shutdownBudgetMs: file.shutdown.budget,
    forwards: toForwards(file),
  };
  const logs = { ofCommand: resolved.logs.ofCommand, sinks: toLogSinks(file.logs.sinks) };
  return { kind: 'loaded', spec, settings: toFileSettings(file), logs, warnings };
}

function toSpec({ name, document, file, facts }: ServiceDraft, { contexts, logs }: Resolved): ServiceSpec {
  const context = contexts.get(name);
  const logSpec = logs.specs.get(name);
  if (document === undefined || file === undefined || context === undefined || logSpec === undefined)
    throw new Error(`${name} was refused without a reason`);
  const directory = dirname(document.source.file);
  return toServiceSpec({ name, file, dependsOn: facts.dependsOn, context, logs: logSpec, directory });
}
