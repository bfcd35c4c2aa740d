// A worker thread that is kept: started, started again after a pause when it dies, and let finish at the end. Knows nothing of what it does.

/** The thread, as far as it is used here. */
export type KeptThread<Out, Port> = {
  post(message: Out, transfer?: readonly Port[]): void;
  /** Ends it, wherever it is. */
  end?(): void;
};

export type KeptThreadObserver<In> = {
  message(message: In): void;
  /** Once; nothing comes after it. */
  ended(reason: string): void;
};

export type ThreadKeeperPorts<In, Out, Port> = {
  /** Throws at the limit of threads or descriptors. */
  readonly start: (observer: KeptThreadObserver<In>) => KeptThread<Out, Port>;
  /** The first messages. */
  readonly begin: (thread: KeptThread<Out, Port>, start: 'first' | 'again') => void;
  readonly message: (message: In) => void;
  readonly failed: (reason: string) => void;
  /** What the pause before the next start grows to, while threads die one after the other. */
  readonly longestPauseMs?: number;
};

type Life<Thread> =
  | { readonly kind: 'not-started' }
  | { readonly kind: 'running'; readonly thread: Thread; readonly since: number }
  | { readonly kind: 'between'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'finishing'; readonly thread: Thread; readonly done: () => void }
  | { readonly kind: 'finished' };

const FIRST_RESTART_MS = 1;
const SECOND_RESTART_MS = 10;
const LONGEST_PAUSE_MS = 5000;
/** A thread that lived this long failed for a reason of its own, not because it cannot start. */
const STABLE_MS = 10_000;

export class ThreadKeeper<In, Out, Port = never> {
  readonly #ports: ThreadKeeperPorts<In, Out, Port>;
  #life: Life<KeptThread<Out, Port>> = { kind: 'not-started' };
  #restartMs = FIRST_RESTART_MS;
  #starts = 0;

  constructor(ports: ThreadKeeperPorts<In, Out, Port>) {
    this.#ports = ports;
  }

  get start(): 'first' | 'again' {
    return this.#starts <= 1 ? 'first' : 'again';
  }

  /** While it takes work. */
  get running(): KeptThread<Out, Port> | undefined {
    return this.#life.kind === 'running' ? this.#life.thread : undefined;
  }

  begin(): void {
    if (this.#life.kind !== 'not-started' && this.#life.kind !== 'between') return;
    this.#starts++;
    const thread = this.#tryStart();
    if (thread === undefined) return;
    this.#life = { kind: 'running', thread, since: performance.now() };
    this.#ports.begin(thread, this.start);
  }

  /** Without the pause, if the thread has died. */
  beginAgain(): void {
    if (this.#life.kind !== 'between') return;
    clearTimeout(this.#life.timer);
    this.begin();
  }

  post(message: Out, transfer?: readonly Port[]): void {
    if (this.#life.kind === 'running' || this.#life.kind === 'finishing')
      this.#life.thread.post(message, transfer);
  }

  /** Its last message; resolves when it has answered (`finished`), has died, or the time is up. */
  finish(message: Out, limitMs: number): Promise<void> {
    const life = this.#life;
    if (life.kind === 'between') clearTimeout(life.timer);
    if (life.kind !== 'running') {
      this.#life = { kind: 'finished' };
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const limit = setTimeout(done, limitMs);
      function done(): void {
        clearTimeout(limit);
        resolve();
      }
      this.#life = { kind: 'finishing', thread: life.thread, done };
      life.thread.post(message);
    });
  }

  /** After `finish`: nothing came of what it was for, and another one takes over. */
  reopen(): void {
    if (this.#life.kind === 'finishing') this.#life.thread.end?.();
    if (this.#life.kind !== 'finishing' && this.#life.kind !== 'finished') return;
    this.#life = { kind: 'not-started' };
    this.begin();
  }

  finished(): void {
    if (this.#life.kind === 'finishing') this.#life.done();
  }

  #tryStart(): KeptThread<Out, Port> | undefined {
    // One that has finished may go on for a moment while the next one is there.
    const start = this.#starts;
    try {
      return this.#ports.start({
        message: (message) => {
          if (start === this.#starts) this.#ports.message(message);
        },
        ended: (reason) => {
          if (start === this.#starts) this.#onEnded(reason);
        },
      });
    } catch (error) {
      this.#startLater(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  #onEnded(reason: string): void {
    const life = this.#life;
    if (life.kind === 'finishing') {
      life.done();
      this.#life = { kind: 'finished' };
      return;
    }
    if (life.kind !== 'running') return;
    if (performance.now() - life.since > STABLE_MS) this.#restartMs = FIRST_RESTART_MS;
    this.#startLater(reason);
  }

  #startLater(reason: string): void {
    const timer = setTimeout(() => {
      this.begin();
    }, this.#restartMs);
    const { longestPauseMs = LONGEST_PAUSE_MS } = this.#ports;
    this.#restartMs = Math.min(Math.max(this.#restartMs * 2, SECOND_RESTART_MS), longestPauseMs);
    this.#life = { kind: 'between', timer };
    this.#ports.failed(reason);
  }
}
