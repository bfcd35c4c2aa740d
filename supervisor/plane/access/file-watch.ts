// Tells when files may have changed. Not the files are watched but the directories that they are in: a file that is replaced by
// rename(2), and the symbolic link that Kubernetes turns to a new volume, are changes of the directory. Nothing is polled.
import { watch, type FSWatcher } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A certificate and its key are written one after the other. */
const SETTLE_MS = 200;

export class FileWatch {
  readonly #paths: readonly string[];
  readonly #onChange: () => void;
  #watchers: readonly FSWatcher[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(paths: readonly string[], onChange: () => void) {
    this.#paths = paths;
    this.#onChange = onChange;
  }

  /** Anew each time: a directory that was replaced is another one. Gives what cannot be watched. Never rejects. */
  async look(): Promise<readonly string[]> {
    const directories = new Set((await Promise.all(this.#paths.map(directoriesOf))).flat());
    const before = this.#watchers;
    const failures: string[] = [];
    this.#watchers = [...directories].flatMap((directory) => {
      try {
        return this.#closed ? [] : [this.#watch(directory)];
      } catch (error) {
        failures.push(`${directory}: ${error instanceof Error ? error.message : 'cannot be watched'}`);
        return [];
      }
    });
    for (const watcher of before) watcher.close();
    return failures;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }

  #watch(directory: string): FSWatcher {
    const watcher = watch(directory, () => {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#onChange();
      }, SETTLE_MS);
    });
    watcher.on('error', () => {
      watcher.close();
    });
    return watcher;
  }
}

/** Where the name is, and where what it stands for is; of what is not there yet, the nearest directory above. */
async function directoriesOf(path: string): Promise<readonly string[]> {
  const target = await realpath(path).catch(() => path);
  return await Promise.all([...new Set([dirname(path), dirname(target)])].map(nearest));
}

async function nearest(directory: string): Promise<string> {
  const found = await stat(directory).catch(() => undefined);
  return found?.isDirectory() === true || directory === '/' ? directory : await nearest(dirname(directory));
}
