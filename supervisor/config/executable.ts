// `when.executable`: whether a program is there, looked up as execvp(3) would for the service.
import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Environment } from './base-environment.ts';

/** What glibc searches when PATH is not set: confstr(3), _CS_PATH. */
const DEFAULT_PATH = '/bin:/usr/bin';

/** Why it is not there, or undefined when it is. */
export async function missingExecutable(
  program: string,
  environment: Environment,
  workingDir: string,
): Promise<string | undefined> {
  const isPath = program.includes('/');
  const path = environment['PATH'] ?? DEFAULT_PATH;
  // An empty element of PATH means the working directory.
  const candidates = isPath
    ? [program]
    : path.split(':').map((folder) => `${folder === '' ? '.' : folder}/${program}`);
  // All at once: each look-up is a wait, and whichever is found will do.
  const found = await Promise.all(
    candidates.map((candidate) => isExecutable(resolve(workingDir, candidate))),
  );
  if (found.includes(true)) return undefined;
  const where = isPath ? 'is not an executable file' : `was not found in PATH (${path})`;
  return `executable "${program}" ${where}`;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
