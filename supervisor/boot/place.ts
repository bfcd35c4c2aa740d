// Where things are in this container: the directory of the services and the control socket. Looks, and makes the socket's
// directory; the choice is the first that works, because /run may be read-only or somebody else's.
import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DEFAULT_DIRECTORIES } from '../config/default-directories.ts';
import { makeDirectory } from '../plane/make-directory.ts';
import { candidates as socketCandidates } from '../wire/socket-path.ts';

export const NO_DIRECTORY = `no directory of services: ${DEFAULT_DIRECTORIES.join(' and ')} are not there. Name one with -c DIR, or a command after --`;

export async function findConfigDirectory(): Promise<string | undefined> {
  for (const directory of DEFAULT_DIRECTORIES) if (await isDirectory(directory)) return directory;
  return undefined;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** The last candidate when none can be written: the control plane says so and keeps trying. */
export async function findSocketPath(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const candidates = socketCandidates(environment, process.getuid?.() ?? 0);
  for (const path of candidates) if (await isWritable(dirname(path))) return path;
  return candidates.at(-1) ?? '/tmp/bosun.sock';
}

async function isWritable(directory: string): Promise<boolean> {
  try {
    await makeDirectory(directory, 0o755);
    await access(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
