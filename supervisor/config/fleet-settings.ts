// bosun.yaml, beside the services directory: what belongs to the whole. Optional; without it the defaults of its schema hold.
import { dirname, join, resolve } from 'node:path';
import type { ServiceName } from '../core/names.ts';
import type { SignalForward, SignalName } from '../core/service-spec.ts';
import type { Environment } from './base-environment.ts';
import type { Diagnostic } from './diagnostic.ts';
import { fleetSchema, type FleetFile } from './fleet-schema.ts';
import { diagnoseAt, type PlainDocument } from './plain-value.ts';
import { readText } from './read-text.ts';
import { ownValue } from './service-draft.ts';
import { parseSignal } from './signal-name.ts';
import { didYouMean } from '../core/suggestion.ts';
import { validate } from './validate.ts';
import { valueAt } from './value-at.ts';
import { parseYaml } from './yaml-document.ts';
import { readYamlTree } from './yaml-reader.ts';

export type FileSettings = {
  readonly socket?: string;
  /** Without what is a default of the services: that is in their specifications. */
  readonly logs: Pick<FleetFile['logs'], 'format' | 'sinks'> & { readonly dir?: string };
  readonly state_dir?: string;
  readonly journal: FleetFile['journal'];
  /** As they are written; control-access.ts has what they mean. */
  readonly access?: FleetFile['access'];
  readonly listeners?: FleetFile['listeners'];
  readonly tracing?: FleetFile['tracing'];
};

export type FleetDraft = {
  /** Undefined when anything in the file is wrong. */
  readonly file: FleetFile | undefined;
  readonly document: PlainDocument | undefined;
  readonly diagnostics: readonly Diagnostic[];
};

export async function draftFleet(directory: string, own: Environment): Promise<FleetDraft> {
  // By its name, not by its place: a linked directory has its bosun.yaml beside the link.
  const path = join(dirname(resolve(directory)), 'bosun.yaml');
  const reading = await readText(path, join(directory, '..', 'bosun.yaml'));
  if (reading.kind === 'missing')
    return { file: fleetSchema.parse({}), document: undefined, diagnostics: [] };
  if (reading.kind === 'refused')
    return { file: undefined, document: undefined, diagnostics: [reading.diagnostic] };
  const yaml = parseYaml(reading.source);
  if (yaml.kind === 'broken') return { file: undefined, document: undefined, diagnostics: yaml.diagnostics };
  // A file of comments only is as good as none.
  const isEmpty = yaml.document.contents === null;
  if (isEmpty) return { file: fleetSchema.parse({}), document: undefined, diagnostics: [] };
  const { document, diagnostics } = readYamlTree(reading.source, yaml.document, (name) =>
    ownValue(own, name),
  );
  const validated = validate(fleetSchema, document);
  return { file: validated.value, document, diagnostics: [...diagnostics, ...validated.diagnostics] };
}

export function toFileSettings(file: FleetFile): FileSettings {
  return {
    ...(file.socket === undefined ? {} : { socket: file.socket }),
    logs: {
      format: file.logs.format,
      sinks: file.logs.sinks,
      ...(file.logs.dir === undefined ? {} : { dir: file.logs.dir }),
    },
    ...(file.state_dir === undefined ? {} : { state_dir: file.state_dir }),
    journal: file.journal,
    access: file.access,
    listeners: file.listeners,
    ...(file.tracing === undefined ? {} : { tracing: file.tracing }),
  };
}

export function toForwards(file: FleetFile): readonly SignalForward[] {
  return Object.entries(file.signals).flatMap(([written, { service, signal }]) => {
    const received = parseSignal(written);
    if (received.kind === 'error') return [];
    return [{ received: received.value, service: service as ServiceName, signal: signal ?? received.value }];
  });
}

/** Bosun's own: signal(7) says which cannot be caught, signal-safety(7) and Node's documentation which must not be. */
const NOT_FORWARDED: ReadonlySet<SignalName> = new Set([
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGCHLD',
  'SIGKILL',
  'SIGSTOP',
  'SIGSEGV',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
]);

export function checkForwards(draft: FleetDraft, services: readonly string[]): Diagnostic[] {
  const { document } = draft;
  const signals = document === undefined ? undefined : valueAt(document.value, ['signals']);
  if (document === undefined || signals === null || typeof signals !== 'object' || Array.isArray(signals))
    return [];
  const seen = new Set<SignalName>();
  return Object.keys(signals).flatMap((written) => [
    ...checkReceived(document, written, seen),
    ...checkReceiver(document, written, services),
  ]);
}

function checkReceived(document: PlainDocument, written: string, seen: Set<SignalName>): Diagnostic[] {
  const path = ['signals', written];
  const parsed = parseSignal(written);
  if (parsed.kind === 'error') return [diagnoseAt(document, path, 'key', parsed)];
  if (NOT_FORWARDED.has(parsed.value)) {
    const remedy = 'Choose another, such as SIGUSR1, SIGUSR2, SIGQUIT or SIGWINCH.';
    return [diagnoseAt(document, path, 'key', { message: `${parsed.value} cannot be sent on`, remedy })];
  }
  if (!seen.has(parsed.value)) {
    seen.add(parsed.value);
    return [];
  }
  return [
    diagnoseAt(document, path, 'key', {
      message: `${parsed.value} is here twice`,
      remedy: 'Remove one of the two.',
    }),
  ];
}

function checkReceiver(document: PlainDocument, written: string, services: readonly string[]): Diagnostic[] {
  const path = ['signals', written, 'service'];
  const service = valueAt(document.value, path);
  if (typeof service !== 'string' || services.includes(service)) return [];
  const remedy = `${didYouMean(service, services)}There are: ${services.join(', ')}.`;
  return [
    diagnoseAt(document, path, 'value', {
      message: `no service is called ${JSON.stringify(service)}`,
      remedy,
    }),
  ];
}
