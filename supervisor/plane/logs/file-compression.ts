// Compresses rotated log files, one at a time, in the background: those that a rotation has just made, and those that were left. The plain file
// goes only after the compressed one has its name; what was half made is removed. Knows nothing of what is in them, and when they are removed.
import { lstat, readdir, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRotatedName, type RotatedName } from '../../core/log-file-name.ts';
import type { LogFileSpec } from '../../core/log-spec.ts';
import { compressFile, type CompressedForm } from './compress-file.ts';

export type CompressionTrouble = {
  readonly directory: string;
  readonly errno: string;
  readonly text: string;
};

/** These fail for every file of a directory. */
const FOR_ALL: ReadonlySet<string> = new Set([
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EACCES',
  'EPERM',
  'EMFILE',
  'ENFILE',
]);

export class FileCompression {
  /** Told once until it goes well again. */
  readonly #onTrouble: (trouble: CompressionTrouble) => void;
  /** Directories in which there may be something to do: at most as many as there are. */
  readonly #waiting = new Map<string, LogFileSpec['compress']>();
  readonly #told = new Map<string, string>();
  readonly #end = new AbortController();
  #work: Promise<void> | undefined;

  constructor(onTrouble: (trouble: CompressionTrouble) => void) {
    this.#onTrouble = onTrouble;
  }

  /** At the start and after each rotation. `none`: what was half made is removed, and that is all. */
  look({ directory, compress }: Pick<LogFileSpec, 'directory' | 'compress'>): void {
    if (this.#end.signal.aborted) return;
    this.#waiting.set(directory, compress);
    this.#work ??= this.#workOff();
  }

  /** Resolves when there is nothing to do. Never rejects. */
  async idle(): Promise<void> {
    while (this.#work !== undefined) await this.#work;
  }

  /** Gives up what is underway. Never rejects. */
  async close(): Promise<void> {
    this.#end.abort();
    await this.idle();
  }

  async #workOff(): Promise<void> {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || this.#end.signal.aborted) break;
      this.#waiting.delete(next[0]);
      await this.#workThrough(...next);
    }
    this.#work = undefined;
  }

  /** Oldest first. A file that cannot be compressed does not keep others from it. */
  async #workThrough(directory: string, compress: LogFileSpec['compress']): Promise<void> {
    try {
      const names = await listRotated(directory);
      for (const { name } of names.filter(({ state }) => state === 'unfinished'))
        await unlink(join(directory, name));
      if (compress === 'none') return;
      const plain = names.filter(({ form, state }) => form === 'plain' && state === 'whole');
      for (const { name, number } of plain) {
        const others = names.filter((other) => other.number === number && other.form !== 'plain');
        if ((await this.#compress(directory, name, compress, others)) === 'give-up') return;
      }
    } catch (error) {
      this.#fail(directory, `compress log files in ${directory}`, error);
    }
  }

  async #compress(
    directory: string,
    name: string,
    form: CompressedForm,
    others: readonly RotatedName[],
  ): Promise<'go-on' | 'give-up'> {
    const { signal } = this.#end;
    try {
      await refuseWithoutRoom(directory, name);
      const target = await compressFile(directory, name, form, signal);
      // A crash in between, and another form since then.
      for (const other of others)
        if (other.state === 'whole' && other.name !== target) await unlink(join(directory, other.name));
      this.#told.delete(directory);
      return 'go-on';
    } catch (error) {
      if (signal.aborted) return 'give-up';
      this.#fail(directory, `compress ${join(directory, name)}`, error);
      return FOR_ALL.has(errnoOf(error)) ? 'give-up' : 'go-on';
    }
  }

  #fail(directory: string, doing: string, error: unknown): void {
    const errno = errnoOf(error);
    // There are no files yet, or retention has removed this one.
    if (errno === 'ENOENT' || this.#told.get(directory) === errno) return;
    this.#told.set(directory, errno);
    const reason = error instanceof Error ? error.message : String(error);
    this.#onTrouble({
      directory,
      errno,
      text: `cannot ${doing}: ${reason}. It stays as it is; the next rotation tries again`,
    });
  }
}

async function listRotated(directory: string): Promise<readonly RotatedName[]> {
  // A link would lead to files of somebody else.
  if (!(await lstat(directory)).isDirectory()) return [];
  const names = (await readdir(directory)).flatMap((name) => parseRotatedName(name) ?? []);
  return names.sort((one, other) => one.number - other.number);
}

/** The writer needs what is left of a disk that is nearly full. */
async function refuseWithoutRoom(directory: string, name: string): Promise<void> {
  const { size } = await lstat(join(directory, name));
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize >= size) return;
  throw Object.assign(new Error('less space is free than it takes itself'), { code: 'ENOSPC' });
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
}
