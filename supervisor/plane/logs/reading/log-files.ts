// The log files of one service as a reader opens them, by number: current.log has the number that it will be rotated to. The logs' thread
// rotates and removes files meanwhile, and the control plane compresses them; no lock is taken, so everything is looked at twice.
import { constants } from 'node:fs';
import { open, readdir, type FileHandle } from 'node:fs/promises';
import {
  CURRENT_LOG,
  parseRotatedName,
  type LogFileForm,
  type RotatedName,
} from '../../../core/log-file-name.ts';

/** Whoever may write to the directory must not make Bosun show another file, or wait at one. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
/** Of looking again; each time something has been rotated or compressed in between. */
const MOST_LOOKS = 50;

export type OpenLogFile = {
  readonly handle: FileHandle;
  readonly form: LogFileForm;
  /** `whole`: nothing is added any more. */
  readonly growth: 'whole' | 'grows';
};

export type FoundLogFile =
  | { readonly kind: 'opened'; readonly file: OpenLogFile }
  /** There is no such file any more, and this is the next one. */
  | { readonly kind: 'removed'; readonly next: number }
  /** Nothing has been written under this number. */
  | { readonly kind: 'none' };

export class LogFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The numbers of the rotated ones, oldest first, and then that of current.log. Throws the errors of readdir(3), but none for a directory that is not there. */
  async numbers(): Promise<readonly number[]> {
    const rotated = [...(await this.#rotated()).keys()].toSorted((one, other) => one - other);
    return [...rotated, (rotated.at(-1) ?? 0) + 1];
  }

  /** Throws the errors of open(2). */
  async open(number: number): Promise<FoundLogFile> {
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      const rotated = await this.#rotated();
      const name = rotated.get(number);
      const found =
        name === undefined ? await this.#openUnrotated(number, rotated) : await this.#openRotated(name);
      if (found !== 'changed') return found;
    }
    throw new Error(`the files in ${this.#directory} change faster than they can be opened`);
  }

  async #openRotated({ name, form }: RotatedName): Promise<FoundLogFile | 'changed'> {
    const handle = await this.#openFile(name);
    return handle === undefined ? 'changed' : { kind: 'opened', file: { handle, form, growth: 'whole' } };
  }

  async #openUnrotated(
    number: number,
    rotated: ReadonlyMap<number, RotatedName>,
  ): Promise<FoundLogFile | 'changed'> {
    const later = [...rotated.keys()].filter((each) => each > number);
    if (later.length > 0) return { kind: 'removed', next: Math.min(...later) };
    const handle = await this.#openFile(CURRENT_LOG);
    // What was rotated before it was opened is in the list now.
    const again = await this.#rotated();
    const isLate = [...again.keys()].some((each) => each >= number);
    if (isLate) {
      await handle?.close();
      return 'changed';
    }
    if (handle === undefined) return { kind: 'none' };
    return { kind: 'opened', file: { handle, form: 'plain', growth: 'grows' } };
  }

  async #rotated(): Promise<ReadonlyMap<number, RotatedName>> {
    const byNumber = new Map<number, RotatedName>();
    for (const entry of await this.#entries()) {
      const name = parseRotatedName(entry);
      if (name?.state !== 'whole') continue;
      // There is the plain one until the compressed one is whole.
      if (name.form === 'plain' || !byNumber.has(name.number)) byNumber.set(name.number, name);
    }
    return byNumber;
  }

  async #entries(): Promise<readonly string[]> {
    try {
      return await readdir(this.#directory);
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  }

  async #openFile(name: string): Promise<FileHandle | undefined> {
    try {
      const handle = await open(`${this.#directory}/${name}`, READ);
      const stats = await handle.stat();
      if (stats.isFile() && stats.nlink <= 1) return handle;
      await handle.close();
      // Unlinked meanwhile, or nothing of ours.
      return undefined;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }
}

/** ELOOP: a symbolic link. */
function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ELOOP');
}
