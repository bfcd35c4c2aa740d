// The files of the journal in their directory: their names, which tell the first id, and what becomes of them. Synchronous, for the
// control plane's thread and for a start before the engine; never for the engine.
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeDirectorySync } from '../make-directory.ts';

const NAME = /^events-(\d{14})\.sqlite$/;
const SET_ASIDE = 'set-aside-';
/** Beside a file, and named after it: https://sqlite.org/tempfiles.html. */
const COMPANIONS = ['', '-wal', '-shm', '-journal'] as const;
/** What nobody has looked at by then is not kept: it would fill the disk. */
const MOST_SET_ASIDE = 4;

export type SegmentFile = { readonly path: string; readonly firstId: number };

export class SegmentFiles {
  readonly directory: string;

  constructor(stateDir: string) {
    this.directory = join(stateDir, 'journal');
  }

  /** Only Bosun may read what the events tell. */
  make(): void {
    makeDirectorySync(this.directory, 0o700);
  }

  /** Oldest first. */
  list(): readonly SegmentFile[] {
    return readdirSync(this.directory)
      .flatMap((name) => {
        const firstId = NAME.exec(name)?.[1];
        return firstId === undefined ? [] : [{ path: join(this.directory, name), firstId: Number(firstId) }];
      })
      .sort((a, b) => a.firstId - b.firstId);
  }

  of(firstId: number): SegmentFile {
    return { path: join(this.directory, `events-${String(firstId).padStart(14, '0')}.sqlite`), firstId };
  }

  /** Its new name. */
  setAside({ path }: SegmentFile): string {
    // Named by the time, so that they sort by it.
    const aside = join(this.directory, `${SET_ASIDE}${Date.now()}-${basename(path)}`);
    rename(path, aside);
    for (const name of this.#setAside().slice(0, -MOST_SET_ASIDE)) this.remove({ path: name, firstId: 0 });
    return aside;
  }

  remove({ path }: SegmentFile): void {
    for (const companion of COMPANIONS) rmSync(`${path}${companion}`, { force: true });
  }

  #setAside(): readonly string[] {
    return readdirSync(this.directory)
      .filter((name) => name.startsWith(SET_ASIDE) && name.endsWith('.sqlite'))
      .sort()
      .map((name) => join(this.directory, name));
  }
}

/** The file itself comes last: whoever is interrupted here finds it again and goes on. */
function rename(from: string, to: string): void {
  for (const companion of [...COMPANIONS].reverse()) {
    try {
      renameSync(`${from}${companion}`, `${to}${companion}`);
    } catch (error) {
      if (!isError(error, 'ENOENT')) throw error;
    }
  }
}

function isError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
