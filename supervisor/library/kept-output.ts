// What a process has written to one of its streams, from the first byte up to a bound, in memory; any number of readers, each at its
// own pace, during the run and after it. What comes after the bound is counted, not kept.

export class KeptOutput {
  readonly #limitBytes: number;
  readonly #chunks: Buffer[] = [];
  readonly #waiting = new Set<() => void>();
  #keptBytes = 0;
  #droppedBytes = 0;
  #end: 'open' | 'ended' = 'open';

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  append(bytes: Buffer): void {
    const kept = bytes.subarray(0, this.#limitBytes - this.#keptBytes);
    this.#droppedBytes += bytes.length - kept.length;
    if (kept.length === 0) return;
    this.#keptBytes += kept.length;
    this.#chunks.push(kept);
    this.#wake();
  }

  /** Nothing comes any more: readers end when they have read what is there. */
  end(): void {
    this.#end = 'ended';
    this.#wake();
  }

  /** From the first byte. Rejects with the signal's reason. */
  async *read(signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    for (let next = 0; ; next++) {
      while (next >= this.#chunks.length) {
        if (this.#end === 'ended') return;
        await this.#change(signal);
      }
      signal?.throwIfAborted();
      const chunk = this.#chunks[next];
      if (chunk !== undefined) yield chunk;
    }
  }

  async #change(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => {
      resolve(undefined);
    };
    this.#waiting.add(wake);
    signal?.addEventListener('abort', wake, { once: true });
    try {
      await promise;
    } finally {
      this.#waiting.delete(wake);
      signal?.removeEventListener('abort', wake);
    }
    signal?.throwIfAborted();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
