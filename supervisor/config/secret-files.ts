// The contents of the files that hold a service's secrets: of each variable NAME_FILE, as images take them (`POSTGRES_PASSWORD_FILE`), where
// NAME is one whose value would be masked. What Bosun may not read is left to the service.
import { looksSecret } from '../core/secret-name.ts';
import type { Environment } from './base-environment.ts';
import { readText } from './read-text.ts';

const SUFFIX = '_FILE';

/** More is no secret; a configuration with one in it belongs to a pattern. */
const MAX_SECRET_BYTES = 65_536;

/** `names`: of variables that are masked whatever they look like; NAME or NAME_FILE. */
export async function readSecretFiles(
  environment: Environment,
  names: readonly string[],
): Promise<readonly string[]> {
  const paths = Object.entries(environment).flatMap(([name, path]) =>
    path.startsWith('/') && isOfSecret(name, names) ? [path] : [],
  );
  const contents = await Promise.all([...new Set(paths)].map(readSecret));
  return contents.filter((content) => content !== '');
}

function isOfSecret(name: string, names: readonly string[]): boolean {
  if (!name.endsWith(SUFFIX)) return false;
  const base = name.slice(0, -SUFFIX.length);
  return looksSecret(base) || names.includes(base) || names.includes(name);
}

async function readSecret(path: string): Promise<string> {
  const file = await readText(path, path);
  if (file.kind !== 'read') return '';
  const text = file.source.text.trim();
  return Buffer.byteLength(text) > MAX_SECRET_BYTES ? '' : text;
}
