// What is wrong with one store, and who has been told: each fault once, and once that it is over.
import type { LogStore } from '../../core/log-message.ts';
import type { StoreObserver } from '../ports.ts';
import type { FileFault } from './file-fault.ts';

/** They come and go apart: a file may be writable in a directory in which nothing can be renamed. */
type Activity = 'writing' | 'rotating' | 'removing' | 'owning';

export class StoreTrouble {
  readonly #store: LogStore;
  readonly #observer: StoreObserver;
  readonly #errnos = new Map<Activity, string>();
  #droppedLines = 0;

  constructor(store: LogStore, observer: StoreObserver) {
    this.#store = store;
    this.#observer = observer;
  }

  failed(activity: Activity, { errno, text }: FileFault): void {
    if (this.#errnos.get(activity) === errno) return;
    this.#errnos.set(activity, errno);
    this.#observer.failed(this.#store, errno, text);
  }

  dropped(lines: number, bytes: number): void {
    this.#droppedLines += lines;
    this.#observer.dropped(lines, bytes);
  }

  /** That lines are written again is told whatever else is wrong. */
  over(activity: Activity): void {
    if (!this.#errnos.delete(activity)) return;
    if (activity !== 'writing' && this.#errnos.size > 0) return;
    const lines = this.#droppedLines;
    this.#droppedLines = 0;
    this.#observer.recovered(this.#store, lines);
  }
}
