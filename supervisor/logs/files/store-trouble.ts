// What is wrong with the files of one service, and who has been told: each fault once, and once that it is over.
import type { LogStore } from '../../core/log-message.ts';
import type { StoreObserver } from '../ports.ts';
import type { Activity, TroubleMemory } from '../trouble-memory.ts';
import type { FileFault } from './file-fault.ts';

export class StoreTrouble {
  readonly #store: LogStore;
  readonly #observer: StoreObserver;
  readonly #memory: TroubleMemory;

  constructor(store: LogStore, observer: StoreObserver, memory: TroubleMemory) {
    this.#store = store;
    this.#observer = observer;
    this.#memory = memory;
  }

  /** Told before it is noted: a thread that dies in between is followed by one that tells it again. */
  failed(activity: Activity, { errno, text }: FileFault): void {
    if (this.#memory.hasFailedWith(activity, errno)) return;
    this.#observer.failed(this.#store, errno, text);
    this.#memory.fail(activity, errno);
  }

  /** That lines are written again is told whatever else is wrong. */
  over(activity: Activity): void {
    if (this.#memory.is(activity) === 'well') return;
    if (activity !== 'writing' && this.#memory.isAlone(activity) === 'others') {
      this.#memory.recover(activity);
      return;
    }
    this.#observer.recovered(this.#store, this.#memory.untoldLines);
    this.#memory.told();
    this.#memory.recover(activity);
  }
}
