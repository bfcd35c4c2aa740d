// A picture goes to the file that the user named.
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from './command.ts';
import type { Terminal } from './terminal.ts';

/** Replaces what is there. Throws UsageError with the reason when it cannot be written. */
export async function writeOutput({ workingDir }: Terminal, file: string, text: string): Promise<void> {
  try {
    await writeFile(resolve(workingDir, file), text);
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${errorCode(error)}`, { cause: error });
  }
}

function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code);
  return error instanceof Error ? error.message : String(error);
}
