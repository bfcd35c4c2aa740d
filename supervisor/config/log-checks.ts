// What can be wrong with `logs` once each key is right by itself: sinks that are not there, variables that nobody has, limits that
// cannot hold together, one directory for two.
import { didYouMean } from '../core/suggestion.ts';
import type { LogFileSpec } from '../core/log-spec.ts';
import { SHORTEST_NAMED_BYTES } from '../core/secrets.ts';
import type { Environment } from './base-environment.ts';
import type { LogFileKeys } from './log-file-schema.ts';
import type { Path } from './plain-value.ts';
import { presentKeys } from './refinement.ts';
import { MAX_FILE_BYTES } from './to-log-spec.ts';

export type LogFinding = {
  readonly path: Path;
  readonly severity?: 'warning';
  readonly message: string;
  readonly remedy: string;
};

export function checkSinks(forward: readonly string[], sinks: readonly string[]): readonly LogFinding[] {
  return forward.flatMap((name, index) => {
    if (sinks.includes(name)) return [];
    const there = sinks.length === 0 ? 'There is none: add it' : `There are: ${sinks.join(', ')}. Or add it`;
    return {
      path: ['logs', 'forward', index],
      message: `no sink is called ${JSON.stringify(name)}`,
      remedy: `${didYouMean(name, sinks)}${there} under logs.sinks in bosun.yaml.`,
    };
  });
}

/** `environments`: of whom it is meant for, which `whose` says in words. */
export function checkRedacted(
  names: readonly string[],
  environments: readonly Environment[],
  whose: string,
): readonly LogFinding[] {
  const isKnown = (name: string): boolean => environments.some((one) => Object.hasOwn(one, name));
  const known = new Set(environments.flatMap((one) => Object.keys(one)));
  const isMasked = (name: string): boolean =>
    environments.some((one) => Buffer.byteLength(one[name]?.trim() ?? '') >= SHORTEST_NAMED_BYTES);
  return names.flatMap((name, index) => {
    if (isMasked(name)) return [];
    const path = ['logs', 'redact', index];
    if (isKnown(name)) return { path, severity: 'warning', ...tooShort(name) };
    return {
      path,
      severity: 'warning',
      message: `${JSON.stringify(name)} is not in ${whose}, so nothing is masked`,
      remedy: `${didYouMean(name, known)}Correct the name, give the variable a value, or remove it.`,
    };
  });
}

function tooShort(name: string): Pick<LogFinding, 'message' | 'remedy'> {
  return {
    message: `the value of ${JSON.stringify(name)} has less than ${SHORTEST_NAMED_BYTES} bytes, so it is not masked`,
    remedy: 'It would be found in everything: use a longer one, or a pattern in redact_patterns.',
  };
}

/** Nothing is removed of the current file, which must have room. `written`: those of `keys` that one file says, where it is told. */
export function checkTotal(keys: LogFileKeys, written: LogFileKeys): readonly LogFinding[] {
  const { total = 0, max_size = MAX_FILE_BYTES } = keys;
  if (total === 0 || (max_size > 0 && max_size <= total)) return [];
  const [key] = presentKeys(written, ['total', 'max_size']);
  if (key === undefined) return [];
  return [
    {
      path: ['logs', 'file', key],
      message: max_size === 0 ? 'total has no effect without max_size' : 'total is less than max_size',
      remedy: 'Write a max_size that is less than total; 10M if not said.',
    },
  ];
}

export type LogDirectory = {
  readonly service: string;
  readonly template: string | undefined;
  readonly file: LogFileSpec;
};

export type SharedDirectory = { readonly service: string; readonly finding: LogFinding };

/** Said at the later one of two; of a template once. */
export function checkDirectories(directories: readonly LogDirectory[]): readonly SharedDirectory[] {
  const first = new Map<string, LogDirectory>();
  const told = new Set<string>();
  return directories.flatMap((each) => {
    const { directory } = each.file;
    const other = first.get(directory);
    if (other === undefined) {
      first.set(directory, each);
      return [];
    }
    const once = `${each.template ?? each.service}\n${directory}`;
    if (told.has(once)) return [];
    told.add(once);
    return { service: each.service, finding: sharedDirectory(each, other) };
  });
}

function sharedDirectory({ service, template, file }: LogDirectory, other: LogDirectory): LogFinding {
  const isOneTemplate = template !== undefined && template === other.template;
  return {
    path: ['logs', 'file', 'path'],
    message: `"${other.service}" and "${service}" have their log files in one directory, ${file.directory}`,
    remedy: isOneTemplate
      ? 'Put ${INSTANCE} in the path, or remove it: each then has a directory of its name.'
      : 'Write another path, or remove it: the service then has a directory of its name.',
  };
}
