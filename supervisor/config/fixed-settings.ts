// What bosun.yaml says that is used once, when Bosun starts: flat, by key, so that a later reading can be held against it.
import type { FileSettings } from './fleet-settings.ts';

/** `overridden`: keys that an option of the command line decides. */
export function fixedSettings(
  settings: Partial<FileSettings>,
  overridden: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(flatten('', settings).filter(([key]) => !overridden.includes(key)));
}

function flatten(prefix: string, value: object): (readonly [string, string])[] {
  return Object.entries(value).flatMap(([key, entry]: [string, unknown]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (entry === undefined) return [];
    if (typeof entry === 'object' && entry !== null && !Array.isArray(entry)) return flatten(path, entry);
    return [[path, typeof entry === 'string' ? entry : JSON.stringify(entry)] as const];
  });
}
