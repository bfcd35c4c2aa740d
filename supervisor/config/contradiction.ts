// What contradicts itself within one service file, before it has become a diagnostic.
import type { Finding } from './diagnostic.ts';
import type { Path } from './plain-value.ts';

/** What is wrong, and where; `target` as in diagnoseAt. */
export type Contradiction = Omit<Finding, 'key'> & { readonly path: Path; readonly target: 'key' | 'value' };

/** Whether the file has the key. */
export type Has = (...path: Path) => boolean;

export function atKey(path: Path, message: string, remedy: string): Contradiction {
  return { path, target: 'key', message, remedy };
}

export function atValue(path: Path, message: string, remedy: string): Contradiction {
  return { path, target: 'value', message, remedy };
}
