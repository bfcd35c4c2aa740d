// One service file, read and held against the schema. What cross-checks need is taken from it even where other parts are wrong,
// so that one mistake does not hide another.
import { dirname, isAbsolute, join } from 'node:path';
import type * as z from 'zod';
import type { DependencyCondition, ServiceType } from '../core/service-spec.ts';
import type { Environment } from './base-environment.ts';
import { hasErrors, type Diagnostic } from './diagnostic.ts';
import { parseEnvFile, type EnvFile } from './env-file.ts';
import type { Path, PlainDocument, PlainValue } from './plain-value.ts';
import { diagnoseAt } from './plain-value.ts';
import { readText } from './read-text.ts';
import type { ServiceSource } from './service-directory.ts';
import { serviceSchema, type ServiceFile } from './service-schema.ts';
import { instancesOf, templateName, type Instance } from './template.ts';
import { validate } from './validate.ts';
import { valueAt } from './value-at.ts';
import { parseYaml } from './yaml-document.ts';
import { readYamlTree, type Reading } from './yaml-reader.ts';

export type DraftDependency = {
  readonly name: string;
  readonly condition: DependencyCondition;
  readonly required: boolean;
  readonly restart: boolean;
  /** Where it is written. */
  readonly path: Path;
};

/** What other parts of the configuration ask of a service; defaults where the file is wrong. */
type Facts = {
  readonly type: ServiceType;
  readonly policy: 'always' | 'on-failure' | 'never';
  readonly essential: boolean;
  readonly main: boolean;
  readonly dependsOn: readonly DraftDependency[];
};

export type ServiceDraft = {
  readonly name: string;
  /** NAME of NAME@.yaml; undefined for a service with a file of its own. */
  readonly template: string | undefined;
  /** Undefined when the YAML is broken. */
  readonly document: PlainDocument | undefined;
  /** Undefined when anything in it is wrong. */
  readonly file: ServiceFile | undefined;
  readonly facts: Facts;
  readonly envFiles: readonly EnvFile[];
  readonly diagnostics: readonly Diagnostic[];
};

const NO_FACTS: Facts = { type: 'service', policy: 'always', essential: false, main: false, dependsOn: [] };

/** One for a service, one for each instance of a template. */
export async function draftServices(
  { stem, source }: ServiceSource,
  own: Environment,
): Promise<readonly ServiceDraft[]> {
  const yaml = parseYaml(source);
  if (yaml.kind === 'broken') {
    return [brokenDraft(stem, yaml.diagnostics)];
  }
  const read = (lookup: Environment): Reading =>
    readYamlTree(source, yaml.document, (variable) => ownValue(lookup, variable));
  const instances = instancesOf(stem, own, (lookup) => read(lookup).document);
  return Promise.all(instances.map((instance) => draftService(instance, read(instance.lookup))));
}

function brokenDraft(stem: string, diagnostics: readonly Diagnostic[]): ServiceDraft {
  const template = templateName(stem);
  const name = template === undefined ? stem : `${template}-1`;
  return { name, template, document: undefined, file: undefined, facts: NO_FACTS, envFiles: [], diagnostics };
}

async function draftService({ name, template, lookup }: Instance, reading: Reading): Promise<ServiceDraft> {
  const { document } = reading;
  const { value, diagnostics } = validate(serviceSchema, document);
  const envFiles = await readEnvFiles(document, lookup);
  const all = [...reading.diagnostics, ...diagnostics, ...envFiles.flatMap((file) => file.diagnostics)];
  const file = hasErrors(all) ? undefined : value;
  return { name, template, document, file, facts: factsOf(document), envFiles, diagnostics: all };
}

export function ownValue(own: Environment, variable: string): string | undefined {
  return Object.hasOwn(own, variable) ? own[variable] : undefined;
}

function factsOf(document: PlainDocument): Facts {
  const { shape } = serviceSchema;
  const type = parsePart(shape.type, document, ['type']) ?? 'service';
  const restart = parsePart(shape.restart, document, ['restart']);
  return {
    type,
    policy: restart?.policy ?? defaultPolicy(type),
    essential: parsePart(shape.essential, document, ['essential']) ?? false,
    main: parsePart(shape.main, document, ['main']) ?? false,
    dependsOn: dependenciesOf(parsePart(shape.depends_on, document, ['depends_on'])),
  };
}

export function defaultPolicy(type: ServiceType): 'always' | 'never' {
  return type === 'service' || type === 'attached' ? 'always' : 'never';
}

type Parser<Value> = { safeParse(value: unknown): z.ZodSafeParseResult<Value> };

function parsePart<Value>(part: Parser<Value>, document: PlainDocument, path: Path): Value | undefined {
  return part.safeParse(valueAt(document.value, path)).data;
}

function dependenciesOf(dependsOn: ServiceFile['depends_on']): readonly DraftDependency[] {
  if (dependsOn === undefined) return [];
  if (!Array.isArray(dependsOn)) {
    return Object.entries(dependsOn).map(([name, entry]) => ({ name, ...entry, path: ['depends_on', name] }));
  }
  return dependsOn.map((name, index) => ({
    name,
    condition: 'service_healthy',
    required: true,
    restart: false,
    path: ['depends_on', index],
  }));
}

async function readEnvFiles(document: PlainDocument, own: Environment): Promise<EnvFile[]> {
  const written: PlainValue = valueAt(document.value, ['env_file']) ?? [];
  if (typeof written === 'string') return [await readEnvFile(document, written, ['env_file'], own)];
  if (!Array.isArray(written)) return [];
  return Promise.all(
    written.flatMap((entry, index) =>
      typeof entry === 'string' ? [readEnvFile(document, entry, ['env_file', index], own)] : [],
    ),
  );
}

async function readEnvFile(
  document: PlainDocument,
  written: string,
  path: Path,
  own: Environment,
): Promise<EnvFile> {
  if (written === '') return { values: new Map(), diagnostics: [] };
  const file = isAbsolute(written) ? written : join(dirname(document.source.file), written);
  const reading = await readText(file, file);
  if (reading.kind === 'read') return parseEnvFile(reading.source, (variable) => ownValue(own, variable));
  const { message, remedy } = reading.diagnostic;
  const finding = { message: `${file} ${message}`, remedy: `${remedy} The path is relative to this file.` };
  return { values: new Map(), diagnostics: [diagnoseAt(document, path, 'value', finding)] };
}
