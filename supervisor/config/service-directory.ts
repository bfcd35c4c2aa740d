// Which files describe the services: NAME.yaml and NAME.yml in the directory, in the order of their names. Other endings and
// hidden files are left alone, because editors and Kubernetes' mounts put such files there.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SERVICE_NAME_PATTERN } from '../core/names.ts';
import { wholeFile, type Diagnostic } from './diagnostic.ts';
import { explainFileError, readText } from './read-text.ts';
import type { Source } from './source.ts';
import { templateName } from './template.ts';

/** `stem`: the name of the file without its ending: of a service NAME, of a template NAME@. */
export type ServiceSource = { readonly stem: string; readonly source: Source };

export type DirectoryReading = {
  readonly services: readonly ServiceSource[];
  readonly diagnostics: readonly Diagnostic[];
};

const FILE_NAME = /^([^.].*)\.ya?ml$/s;

export async function readServiceDirectory(directory: string): Promise<DirectoryReading> {
  let fileNames: string[];
  try {
    fileNames = (await readdir(directory)).filter((name) => FILE_NAME.test(name)).toSorted();
  } catch (error) {
    return { services: [], diagnostics: [wholeFile(directory, explainFileError(error))] };
  }
  if (fileNames.length === 0) return { services: [], diagnostics: [noServices(directory)] };
  const readings = await Promise.all(fileNames.map((name) => readServiceFile(directory, name)));
  const services = readings.flatMap((reading) => reading.services);
  const diagnostics = [
    ...readings.flatMap((reading) => reading.diagnostics),
    ...duplicates(directory, fileNames),
  ];
  return { services, diagnostics };
}

async function readServiceFile(directory: string, fileName: string): Promise<DirectoryReading> {
  const path = join(directory, fileName);
  const stem = stemOf(fileName);
  if (stem === 'bosun') return { services: [], diagnostics: [misplaced(path)] };
  const reading = await readText(path, path);
  const badName = SERVICE_NAME_PATTERN.test(templateName(stem) ?? stem) ? [] : [badFileName(path)];
  if (reading.kind !== 'read') return { services: [], diagnostics: [...badName, reading.diagnostic] };
  return { services: [{ stem, source: reading.source }], diagnostics: badName };
}

function stemOf(fileName: string): string {
  return fileName.replace(/\.ya?ml$/, '');
}

function noServices(directory: string): Diagnostic {
  const remedy = 'Put a file NAME.yaml there for each service, or name another directory with -c.';
  return wholeFile(directory, { key: '', message: 'holds no service file', remedy });
}

function misplaced(path: string): Diagnostic {
  const message = 'is not a service: what belongs to the whole stands beside the services directory';
  return wholeFile(path, { key: '', message, remedy: 'Move it one directory up, as bosun.yaml.' });
}

function badFileName(path: string): Diagnostic {
  const remedy =
    'Name it [a-z0-9][a-z0-9_-]{0,62}.yaml: the name of the file is the name of the service; a template is NAME@.yaml.';
  return wholeFile(path, { key: '', message: 'has a name that no service can have', remedy });
}

function duplicates(directory: string, fileNames: readonly string[]): Diagnostic[] {
  return fileNames
    .filter((name) => name.endsWith('.yml') && fileNames.includes(`${stemOf(name)}.yaml`))
    .map((name) =>
      wholeFile(join(directory, name), {
        key: '',
        message: `describes the same service as ${stemOf(name)}.yaml`,
        remedy: 'Remove one of the two files.',
      }),
    );
}
