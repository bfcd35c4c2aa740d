// The API keys that are good now, in memory: looked up at each request, and told of when one ends, be it by a change or by its time.
import type { KeyRecord } from './key-file-schema.ts';

/** setTimeout(3) of Node has 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class KeyTable {
  #keys: ReadonlyMap<string, KeyRecord> = new Map();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #listeners = new Set<(id: string) => void>();

  get(id: string): KeyRecord | undefined {
    const record = this.#keys.get(id);
    return record === undefined || hasExpired(record) ? undefined : record;
  }

  live(): readonly KeyRecord[] {
    return [...this.#keys.values()].filter((record) => !hasExpired(record));
  }

  replace(records: readonly KeyRecord[]): void {
    const before = this.#keys;
    this.#keys = new Map(records.map((record) => [record.id, record]));
    this.#arm();
    for (const id of before.keys()) if (this.get(id) === undefined) this.#tellEnded(id);
  }

  /** For connections that were let in by it. */
  onEnded(listener: (id: string) => void): void {
    this.#listeners.add(listener);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#listeners.clear();
  }

  #arm(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const { id, expires } of this.#keys.values()) {
      if (expires === null) continue;
      const leftMs = Math.min(Math.max(0, Date.parse(expires) - Date.now()), LONGEST_TIMER_MS);
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        if (this.get(id) === undefined) this.#tellEnded(id);
      }, leftMs);
      this.#timers.add(timer);
    }
  }

  #tellEnded(id: string): void {
    for (const listener of this.#listeners) listener(id);
  }
}

function hasExpired({ expires }: KeyRecord): boolean {
  return expires !== null && Date.parse(expires) <= Date.now();
}
