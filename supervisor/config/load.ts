// The entry of this folder: a directory of service files to a FleetSpec, or every diagnostic at once. Changes nothing, starts
// nothing, never throws.
import type { FleetSpec, ServiceSpec } from '../core/service-spec.ts';
import type { Environment } from './base-environment.ts';
import { crossCheck } from './cross-checks.ts';
import { hasErrors, sortDiagnostics, wholeFile, type Diagnostic } from './diagnostic.ts';
import { limitPerFile } from './diagnostic-limit.ts';
import { checkExecutable } from './executable.ts';
import {
  checkForwards,
  draftFleet,
  toFileSettings,
  toForwards,
  type FileSettings,
  type FleetDraft,
} from './fleet-settings.ts';
import { readServiceDirectory } from './service-directory.ts';
import { draftService, type ServiceDraft } from './service-draft.ts';
import { serviceEnvironment } from './service-environment.ts';
import { inStartOrder } from './start-order.ts';
import { toServiceSpec } from './to-service-spec.ts';

export type LoadOptions = {
  readonly directory: string;
  /** Bosun's own: for ${VAR}, and the base of each service's environment. */
  readonly environment: Environment;
};

export type LoadResult =
  | {
      readonly kind: 'loaded';
      readonly spec: FleetSpec;
      readonly settings: FileSettings;
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

async function load({ directory, environment }: LoadOptions): Promise<LoadResult> {
  const [listing, fleet] = await Promise.all([
    readServiceDirectory(directory),
    draftFleet(directory, environment),
  ]);
  const drafts = await Promise.all(listing.services.map((service) => draftService(service, environment)));
  const names = drafts.map((draft) => draft.name);
  const found = sortDiagnostics([
    ...listing.diagnostics,
    ...fleet.diagnostics,
    ...checkForwards(fleet, names),
    ...drafts.flatMap((draft) => draft.diagnostics),
    ...crossCheck(drafts),
  ]);
  const diagnostics = limitPerFile(found);
  if (hasErrors(diagnostics)) return { kind: 'refused', diagnostics };
  return assemble(drafts, fleet, environment, diagnostics);
}

async function assemble(
  drafts: readonly ServiceDraft[],
  { file }: FleetDraft,
  environment: Environment,
  warnings: readonly Diagnostic[],
): Promise<LoadResult> {
  if (file === undefined) throw new Error('bosun.yaml was refused without a reason');
  const services = await Promise.all(drafts.map((draft) => toSpec(draft, environment)));
  const spec = {
    services: inStartOrder(services),
    shutdownBudgetMs: file.shutdown.budget,
    forwards: toForwards(file),
  };
  return { kind: 'loaded', spec, settings: toFileSettings(file), warnings };
}

async function toSpec({ name, file, facts, envFiles }: ServiceDraft, own: Environment): Promise<ServiceSpec> {
  if (file === undefined) throw new Error(`${name} was refused without a reason`);
  const environment = serviceEnvironment(own, name, envFiles, file.environment);
  const eligibility =
    file.when === undefined
      ? ({ kind: 'eligible' } as const)
      : await checkExecutable(file.when.executable, environment, file.working_dir);
  return toServiceSpec({ name, file, dependsOn: facts.dependsOn, environment, eligibility });
}
