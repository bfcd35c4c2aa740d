// A picture, or an archive, goes to the file that the user named.
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from './command.ts';
import type { Terminal } from './terminal.ts';

/** Replaces what is there; `mode` is that of a new file. Throws UsageError with the reason when it cannot be written. */
export async function writeOutput(
  { workingDir }: Terminal,
  file: string,
  content: string | Uint8Array,
  mode = 0o666,
): Promise<void> {
  try {
    await writeFile(resolve(workingDir, file), content, { mode });
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${errorCode(error)}`, { cause: error });
  }
}

function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code);
  return error instanceof Error ? error.message : String(error);
}
