// What was answered to writes with an Idempotency-Key, in an SQLite file of its own: bounded in number, bytes and age. A record is
// written as a whole each time. It may throw: whoever uses it has somewhere else to go (answer-keeper.ts).
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Acceptance } from './command-identity.ts';

export type KeptAnswer = {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** `secret`: it is not for a disk. */
  readonly secrecy: 'plain' | 'secret';
};

export type KeptWrite = {
  readonly actor: string;
  readonly key: string;
  /** Of the request without its `wait`. */
  readonly fingerprint: string;
  readonly command: string;
  /** See CommandIdentity. */
  readonly since: number;
  /** Milliseconds since the epoch. */
  readonly claimedAtMs: number;
  readonly acceptance: Acceptance | undefined;
  readonly answer: KeptAnswer | undefined;
};

export type StoreBounds = { readonly writes: number; readonly bytes: number; readonly ageMs: number };

/** So many may be there too many before the oldest are taken out. */
const PRUNE_EVERY = 256;
const ROW_BYTES = 300;

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA busy_timeout = 500;
  PRAGMA journal_size_limit = 4194304;
  CREATE TABLE IF NOT EXISTS writes (
    actor TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, command TEXT NOT NULL,
    since INTEGER NOT NULL, claimed_at_ms INTEGER NOT NULL, bytes INTEGER NOT NULL,
    acceptance TEXT, answer TEXT,
    PRIMARY KEY (actor, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS writes_by_age ON writes (claimed_at_ms);
`;
const OLDEST = 'SELECT actor, key, bytes FROM writes ORDER BY claimed_at_ms LIMIT ?';

type Row = {
  readonly fingerprint: string;
  readonly command: string;
  readonly since: number;
  readonly claimed_at_ms: number;
  readonly acceptance: string | null;
  readonly answer: string | null;
};

export class AnswerStore implements Disposable {
  readonly #database: DatabaseSync;
  readonly #bounds: StoreBounds;
  readonly #find: StatementSync;
  readonly #put: StatementSync;
  #puts = 0;

  /** `path`: of the file, or `:memory:`. */
  constructor(path: string, bounds: StoreBounds) {
    this.#bounds = bounds;
    this.#database = new DatabaseSync(path);
    try {
      this.#database.exec(SCHEMA);
      this.#find = this.#database.prepare('SELECT * FROM writes WHERE actor = ? AND key = ?');
      this.#put = this.#database.prepare('INSERT OR REPLACE INTO writes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  find(actor: string, key: string, nowMs: number): KeptWrite | undefined {
    const row = this.#find.get(actor, key) as Row | undefined;
    if (row === undefined || row.claimed_at_ms < nowMs - this.#bounds.ageMs) return undefined;
    const { fingerprint, command, since } = row;
    const claimedAtMs = row.claimed_at_ms;
    const acceptance = row.acceptance === null ? undefined : (JSON.parse(row.acceptance) as Acceptance);
    const answer = row.answer === null ? undefined : (JSON.parse(row.answer) as KeptAnswer);
    return { actor, key, fingerprint, command, since, claimedAtMs, acceptance, answer };
  }

  put(write: KeptWrite): void {
    const acceptance = write.acceptance === undefined ? null : JSON.stringify(write.acceptance);
    const answer = write.answer === undefined ? null : JSON.stringify(write.answer);
    const bytes = ROW_BYTES + (acceptance?.length ?? 0) + (answer?.length ?? 0);
    const { actor, key, fingerprint, command, since, claimedAtMs } = write;
    this.#put.run(actor, key, fingerprint, command, since, claimedAtMs, bytes, acceptance, answer);
    if (this.#puts++ % PRUNE_EVERY === 0) this.#prune(claimedAtMs);
  }

  /** Every one that is there, for another store. */
  *all(): Generator<KeptWrite> {
    const keys = this.#database.prepare('SELECT actor, key FROM writes ORDER BY claimed_at_ms').all();
    for (const row of keys as { actor: string; key: string }[]) {
      const write = this.find(row.actor, row.key, 0);
      if (write !== undefined) yield write;
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #prune(nowMs: number): void {
    const { writes, bytes, ageMs } = this.#bounds;
    this.#database.prepare('DELETE FROM writes WHERE claimed_at_ms < ?').run(nowMs - ageMs);
    const held = this.#database
      .prepare('SELECT count(*) AS writes, total(bytes) AS bytes FROM writes')
      .get() as { writes: number; bytes: number };
    const byKey = this.#database.prepare('DELETE FROM writes WHERE actor = ? AND key = ?');
    while (held.writes > writes || (held.bytes > bytes && held.writes > 0)) {
      const oldest = this.#database.prepare(OLDEST).all(PRUNE_EVERY) as {
        actor: string;
        key: string;
        bytes: number;
      }[];
      for (const { actor, key, bytes: freed } of oldest) {
        if (held.writes <= writes && held.bytes <= bytes) return;
        byKey.run(actor, key);
        held.writes -= 1;
        held.bytes -= freed;
      }
    }
  }
}
