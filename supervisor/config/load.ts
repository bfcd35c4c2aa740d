// The entry of this folder: a directory of service files to a FleetSpec, or every diagnostic at once. Changes nothing, starts
// nothing, never throws.
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
import { readServiceDirectory } from './service-directory.ts';
import { draftServices, type ServiceDraft } from './service-draft.ts';
import { contextsOf, type ServiceContexts } from './service-context.ts';
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
};

export type LoadResult =
  | {
      readonly kind: 'loaded';
      readonly spec: FleetSpec;
      readonly settings: FileSettings;
      readonly access: ControlAccess;
      readonly warnings: readonly Diagnostic[];
    }
  | { readonly kind: 'refused'; readonly diagnostics: readonly Diagnostic[] };

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

async function load({ directory, environment, readFacts }: LoadOptions): Promise<LoadResult> {
  const [listing, fleet] = await Promise.all([
    readServiceDirectory(directory),
    draftFleet(directory, environment),
  ]);
  const drafted = listing.services.map((service) => draftServices(service, environment));
  const drafts = meanAllInstances((await Promise.all(drafted)).flat());
  const contexts = await contextsOf(drafts, environment, readFacts ?? readSystemFacts);
  const control = await controlAccessOf(fleet, directory, readFacts ?? readSystemFacts);
  const names = drafts.map((draft) => draft.name);
  const found = sortDiagnostics([
    ...listing.diagnostics,
    ...fleet.diagnostics,
    ...checkForwards(fleet, names),
    ...control.diagnostics,
    ...drafts.flatMap((draft) => draft.diagnostics),
    ...[...contexts.values()].flatMap((context) => context.diagnostics),
    ...crossCheck(drafts),
  ]);
  const diagnostics = limitPerFile(withoutRepeats(found));
  if (hasErrors(diagnostics)) return { kind: 'refused', diagnostics };
  return { ...assemble(drafts, fleet, contexts, diagnostics), access: control.access };
}

function assemble(
  drafts: readonly ServiceDraft[],
  { file }: FleetDraft,
  contexts: ServiceContexts,
  warnings: readonly Diagnostic[],
): Omit<Extract<LoadResult, { kind: 'loaded' }>, 'access'> {
  if (file === undefined) throw new Error('bosun.yaml was refused without a reason');
  const spec = {
    services: inStartOrder(drafts.map((draft) => toSpec(draft, contexts))),
    shutdownBudgetMs: file.shutdown.budget,
    forwards: toForwards(file),
  };
  return { kind: 'loaded', spec, settings: toFileSettings(file), warnings };
}

function toSpec({ name, file, facts }: ServiceDraft, contexts: ServiceContexts): ServiceSpec {
  const context = contexts.get(name);
  if (file === undefined || context === undefined) throw new Error(`${name} was refused without a reason`);
  return toServiceSpec({ name, file, dependsOn: facts.dependsOn, context });
}
