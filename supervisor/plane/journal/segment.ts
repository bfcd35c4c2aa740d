// One file of the journal: a run of events without a gap, and checkpoints of the views to begin a replay with. SQLite in WAL mode
// and under an exclusive lock: a second Bosun cannot mix its events in, and there is no shared memory file, whose access would be
// a SIGBUS where the disk is full; see https://sqlite.org/wal.html#noshm. Every method throws what SQLite throws.
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { RecordedEvent } from '../../core/event.ts';
import type { EventFilter } from '../views/event-log.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type EventRow, INSERT_EVENT, SELECT_EVENTS, toParameters, toRecorded } from './event-row.ts';
import { migrate } from './schema.ts';

const MOST_WAL_BYTES = 8 * 1024 * 1024;

/** `first`: the oldest in this file, never replaced. */
export type CheckpointKind = 'first' | 'newest';

export type ReadRange = {
  readonly after: number;
  readonly upTo: number;
  readonly filter: EventFilter;
  readonly limit: number;
};

export class Segment {
  readonly firstId: number;
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  #lastId: number;

  /** Makes the file where there is none, with the checkpoint in it that a replay of it begins with, if there is one. */
  constructor(path: string, firstId: number, first?: Checkpoint) {
    this.firstId = firstId;
    this.#database = new DatabaseSync(path, { timeout: 0 });
    try {
      this.#database.exec(`
        PRAGMA locking_mode = EXCLUSIVE;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = NORMAL;
        PRAGMA journal_size_limit = ${MOST_WAL_BYTES};
      `);
      migrate(this.#database);
      this.#insert = this.#database.prepare(INSERT_EVENT);
      if (first !== undefined) this.keep('first', first);
      this.#lastId = this.#readLastId() ?? firstId - 1;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** `firstId - 1` when there is none. */
  get lastId(): number {
    return this.#lastId;
  }

  get events(): number {
    return this.#lastId - this.firstId + 1;
  }

  get bytes(): number {
    const of = (pragma: string): number => Number(this.#database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
    return of('page_count') * of('page_size');
  }

  /** All of them or none. */
  append(events: readonly RecordedEvent[]): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const recorded of events) this.#insert.run(...toParameters(recorded));
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#rollBack();
      throw error;
    }
    this.#lastId = events.at(-1)?.id ?? this.#lastId;
  }

  /** Oldest first. */
  read({ after, upTo, filter, limit }: ReadRange): readonly RecordedEvent[] {
    const { services, types } = filter;
    const text = `${SELECT_EVENTS} WHERE id > ? AND id <= ?${among('service', services)}${among('type', types)} ORDER BY id LIMIT ?`;
    const values: SQLInputValue[] = [after, upTo, ...(services ?? []), ...(types ?? []), limit];
    return this.#database
      .prepare(text)
      .all(...values)
      .map((row) => toRecorded(row as EventRow));
  }

  keep(kind: CheckpointKind, { lastId, version, data }: Checkpoint): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO checkpoints (kind, last_id, version, data) VALUES (?, ?, ?, ?)')
      .run(kind, lastId, version, data);
  }

  checkpoint(kind: CheckpointKind): Checkpoint | undefined {
    const row = this.#database
      .prepare('SELECT last_id, version, data FROM checkpoints WHERE kind = ?')
      .get(kind);
    if (row === undefined) return undefined;
    return { lastId: Number(row['last_id']), version: Number(row['version']), data: String(row['data']) };
  }

  has(kind: CheckpointKind): boolean {
    return this.#database.prepare('SELECT 1 FROM checkpoints WHERE kind = ?').get(kind) !== undefined;
  }

  /** What is in the WAL goes into the file, as far as there is room. */
  close(): void {
    try {
      this.#database.close();
    } catch {
      // The next one to open it finds what was committed.
    }
  }

  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // SQLite has done it already, as it does after some errors; see https://sqlite.org/lang_transaction.html.
    }
  }

  #readLastId(): number | undefined {
    const id = this.#database.prepare('SELECT max(id) AS id FROM events').get()?.['id'];
    return typeof id === 'number' ? id : undefined;
  }
}

function among(column: string, values: readonly string[] | undefined): string {
  return values === undefined ? '' : ` AND ${column} IN (${values.map(() => '?').join(', ')})`;
}
