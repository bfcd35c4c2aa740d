// Tells that there is something new in a queue, without looking for it: inotify(7), for one event at a time. A queue that grows all the time is
// so noticed once for each time that the reader has come to its end.
import { watch, type FSWatcher } from 'node:fs';

/** Where nothing can be watched (no inotify instance left, no directory yet), it is looked at so often. */
const LOOK_MS = 1_000;

export class QueueWatch {
  readonly #directory: string;
  readonly #changed: () => void;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(directory: string, changed: () => void) {
    this.#directory = directory;
    this.#changed = changed;
  }

  /** Calls back once; what has changed before this is not told. */
  arm(): void {
    if (this.#watcher !== undefined || this.#timer !== undefined) return;
    try {
      this.#watcher = watch(this.#directory, { persistent: false });
      this.#watcher.on('change', (_, name) => {
        if (typeof name === 'string' && name.endsWith('.spool')) this.#fire();
      });
      this.#watcher.on('error', () => {
        this.#poll();
      });
    } catch {
      this.#poll();
    }
  }

  disarm(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #poll(): void {
    this.disarm();
    this.#timer = setTimeout(() => {
      this.#fire();
    }, LOOK_MS);
  }

  #fire(): void {
    this.disarm();
    this.#changed();
  }
}
