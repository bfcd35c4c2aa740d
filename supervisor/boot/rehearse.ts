// The other side of a rehearsal: a Bosun that is only asked whether it could take over. It loads what it would run, reads the snapshot,
// says its version, and ends. It touches nothing, and no service hears of it.
import { readMemoryFile } from './handed-file.ts';
import { tell } from './last-resort.ts';
import { loadAll } from './program-files.ts';
import { READY } from './rehearsal-words.ts';
import { decodeSnapshot } from './snapshot.ts';
import { VERSION } from '../wire/version.ts';

/** The exit code. What it says, also of a program that is broken, is on stdout and stderr. */
export async function rehearse(descriptor: number): Promise<number> {
  try {
    await loadAll();
    const decoded = decodeSnapshot(readMemoryFile(descriptor));
    if (decoded.kind === 'decoded') {
      process.stdout.write(`${READY}${VERSION}\n`);
      return 0;
    }
    tell(`bosun: ${decoded.reason}`);
  } catch (error) {
    tell(`bosun: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
  return 1;
}
