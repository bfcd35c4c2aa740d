// The logs of all services: each laid over the defaults of bosun.yaml, the owners of files looked up, and what stands in the way.
import type { LogPlaces, LogSpec } from '../core/log-spec.ts';
import type { UserReference } from './account-reference.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { FleetDraft } from './fleet-settings.ts';
import {
  checkDirectories,
  checkRedacted,
  checkSinks,
  checkTotal,
  type LogDirectory,
  type LogFinding,
} from './log-checks.ts';
import { resolveLogOwner } from './log-owner.ts';
import { readSecretFiles } from './secret-files.ts';
import { fleetLogsSchema, serviceLogsSchema, type FleetLogsFile } from './logs-schema.ts';
import type { Parsed } from './parsed.ts';
import { diagnoseAt, type PlainDocument } from './plain-value.ts';
import type { ServiceContexts } from './service-context.ts';
import type { ServiceDraft } from './service-draft.ts';
import type { ServiceFile } from './service-schema.ts';
import type { SystemFacts } from './system-facts.ts';
import { fileKeysOf, toLogSpec, type LogOwner } from './to-log-spec.ts';
import { valueAt } from './value-at.ts';

export type LogParts = {
  readonly drafts: readonly ServiceDraft[];
  readonly fleet: FleetDraft;
  readonly contexts: ServiceContexts;
  readonly places: LogPlaces;
  readonly readFacts: () => Promise<SystemFacts>;
};

export type FleetLogs = {
  /** By the name of the service; only for those whose file is right. */
  readonly specs: ReadonlyMap<string, LogSpec>;
  /** Of a service that says nothing: the command after `--`. */
  readonly ofCommand: (service: string) => LogSpec;
  readonly diagnostics: readonly Diagnostic[];
};

/** What bosun.yaml gives to every service. */
type Ground = {
  readonly defaults: FleetLogsFile;
  /** Undefined where bosun.yaml cannot be read: then any name may be right. */
  readonly sinks: readonly string[] | undefined;
  readonly owner: Parsed<LogOwner>;
  readonly places: LogPlaces;
  readonly facts: SystemFacts | undefined;
};

type Readable = ServiceDraft & { readonly file: ServiceFile; readonly document: PlainDocument };

type ServiceLogs = Pick<LogDirectory, 'service' | 'template'> & {
  readonly document: PlainDocument;
  readonly spec: LogSpec;
  readonly diagnostics: readonly Diagnostic[];
};

const NO_OWNER: LogOwner = { uid: undefined, gid: undefined };

export async function logSpecsOf(parts: LogParts): Promise<FleetLogs> {
  const { drafts, fleet, contexts, places } = parts;
  const readable = drafts.filter(isReadable);
  const defaults = fleet.file?.logs ?? fleetLogsSchema.parse({});
  const owners = [defaults, ...readable.map(({ file }) => file.logs)].map(ownerIn);
  const facts = owners.some((owner) => owner !== undefined) ? await parts.readFacts() : undefined;
  const owner = resolved(ownerIn(defaults), facts);
  const ground: Ground = { defaults, sinks: sinksOf(fleet), owner, places, facts };
  const logs = await Promise.all(readable.map((draft) => serviceLogs(draft, ground, contexts)));
  return {
    specs: new Map(logs.map(({ service, spec }) => [service, spec])),
    ofCommand: (service) =>
      toLogSpec({
        service,
        own: serviceLogsSchema.parse({}),
        defaults,
        places,
        owner: owner.kind === 'ok' ? owner.value : NO_OWNER,
        fileValues: [],
      }),
    diagnostics: [
      ...fleetDiagnostics(fleet, ground, contexts),
      ...logs.flatMap(({ diagnostics }) => diagnostics),
      ...sharedDirectories(logs),
    ],
  };
}

function isReadable(draft: ServiceDraft): draft is Readable {
  return draft.file !== undefined && draft.document !== undefined;
}

function ownerIn({ file }: Pick<FleetLogsFile, 'file'>): UserReference | undefined {
  return typeof file === 'object' ? file.owner : undefined;
}

function resolved(owner: UserReference | undefined, facts: SystemFacts | undefined): Parsed<LogOwner> {
  if (owner === undefined || facts === undefined) return { kind: 'ok', value: NO_OWNER };
  return resolveLogOwner(owner, facts);
}

function sinksOf({ file, document }: FleetDraft): readonly string[] | undefined {
  if (file !== undefined) return Object.keys(file.logs.sinks);
  const written = document === undefined ? undefined : valueAt(document.value, ['logs', 'sinks']);
  return typeof written === 'object' && written !== null ? Object.keys(written) : undefined;
}

async function serviceLogs(draft: Readable, ground: Ground, contexts: ServiceContexts): Promise<ServiceLogs> {
  const { name: service, template, file, document } = draft;
  const { defaults, places, sinks } = ground;
  const own = file.logs;
  const context = contexts.get(service);
  // What is not installed here needs no user here either.
  const reference = context?.eligibility.kind === 'skipped' ? undefined : ownerIn(own);
  const owner = reference === undefined ? ground.owner : resolved(reference, ground.facts);
  const keys = fileKeysOf(own, defaults);
  const findings: readonly LogFinding[] = [
    ...(reference === undefined ? [] : ownerFindings(owner)),
    ...(typeof own.file === 'object' && keys !== undefined ? checkTotal(keys, own.file) : []),
    ...(sinks === undefined ? [] : checkSinks(own.forward, sinks)),
    ...(context === undefined ? [] : checkRedacted(own.redact, [context.environment], 'its environment')),
  ];
  const known = owner.kind === 'ok' ? owner.value : NO_OWNER;
  const names = [...defaults.redact, ...own.redact];
  const fileValues = await readSecretFiles(context?.environment ?? {}, names);
  return {
    service,
    template,
    document,
    spec: toLogSpec({ service, own, defaults, places, owner: known, fileValues }),
    diagnostics: diagnosed(document, findings),
  };
}

function ownerFindings(owner: Parsed<LogOwner>): readonly LogFinding[] {
  return owner.kind === 'ok' ? [] : [{ path: ['logs', 'file', 'owner'], ...owner }];
}

function diagnosed(document: PlainDocument, findings: readonly LogFinding[]): readonly Diagnostic[] {
  return findings.map(({ path, severity, message, remedy }) =>
    diagnoseAt(document, path, 'value', { ...(severity && { severity }), message, remedy }),
  );
}

function fleetDiagnostics(
  { file, document }: FleetDraft,
  { defaults, sinks, owner }: Ground,
  contexts: ServiceContexts,
): readonly Diagnostic[] {
  if (file === undefined || document === undefined) return [];
  const environments = [...contexts.values()].map(({ environment }) => environment);
  return diagnosed(document, [
    ...ownerFindings(owner),
    ...(typeof defaults.file === 'object' ? checkTotal(defaults.file, defaults.file) : []),
    ...(sinks === undefined ? [] : checkSinks(defaults.forward, sinks)),
    ...(environments.length === 0
      ? []
      : checkRedacted(defaults.redact, environments, 'the environment of any service')),
  ]);
}

function sharedDirectories(logs: readonly ServiceLogs[]): readonly Diagnostic[] {
  const documents = new Map(logs.map(({ service, document }) => [service, document]));
  const directories = logs.flatMap(({ service, template, spec }) =>
    spec.file === undefined ? [] : [{ service, template, file: spec.file }],
  );
  return checkDirectories(directories).flatMap(({ service, finding }) => {
    const document = documents.get(service);
    return document === undefined ? [] : diagnosed(document, [finding]);
  });
}
