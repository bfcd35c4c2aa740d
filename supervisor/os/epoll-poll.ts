// A set of descriptors to wait for, as an object: epoll(7) of one thread. Holds the thread while it waits.
import { addToEpoll, removeFromEpoll, waitForEpoll } from './libc-poll.ts';

/** epoll_wait(2) takes an int. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

export class EpollPoll {
  readonly #epoll: number;
  readonly #watched = new Set<number>();

  /** Of an epoll descriptor that is the caller's. */
  constructor(epoll: number) {
    this.#epoll = epoll;
  }

  /** Of a descriptor that cannot be waited for, such as that of a file (EPERM), it is said so. */
  watch(fd: number, interest: 'readable' | 'writable'): 'watched' | 'refused' {
    if (this.#watched.has(fd)) return 'watched';
    const added = addToEpoll(this.#epoll, fd, interest);
    if (added.ok) this.#watched.add(fd);
    return added.ok ? 'watched' : 'refused';
  }

  forget(fd: number): void {
    if (this.#watched.delete(fd)) removeFromEpoll(this.#epoll, fd);
  }

  wait(timeoutMs: number): readonly number[] {
    const timeout =
      timeoutMs === Infinity ? -1 : Math.min(Math.max(0, Math.ceil(timeoutMs)), LONGEST_WAIT_MS);
    const ready = waitForEpoll(this.#epoll, timeout);
    // EINTR: a signal, and nothing is ready.
    return ready.ok ? ready.value : [];
  }
}
