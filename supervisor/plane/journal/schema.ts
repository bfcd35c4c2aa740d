// The tables of a segment, and how a file that an earlier Bosun has written is brought up to them. The version is SQLite's
// user_version; see https://sqlite.org/pragma.html#pragma_user_version.
import type { DatabaseSync } from 'node:sqlite';

/**
 * Each brings a file from the version that is its position to the next one. What is here has been released: it is never changed,
 * only added to.
 *
 * Nobody changes what has happened: the triggers hold for whoever opens the file. INSERT OR REPLACE would delete a row without its
 * trigger for DELETE (https://sqlite.org/lang_conflict.html), so that an id which is not above all others is refused as well.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    service TEXT,
    type TEXT NOT NULL,
    time_ms REAL NOT NULL,
    monotonic_ms REAL NOT NULL,
    version INTEGER NOT NULL,
    actor TEXT NOT NULL,
    command TEXT NOT NULL,
    cause INTEGER NOT NULL,
    data TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER events_append_only BEFORE INSERT ON events WHEN NEW.id <= (SELECT max(id) FROM events)
    BEGIN SELECT RAISE(ABORT, 'events are only appended'); END;
  CREATE TRIGGER events_no_update BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
  CREATE TRIGGER events_no_delete BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
  CREATE TABLE checkpoints (
    kind TEXT PRIMARY KEY CHECK (kind IN ('first', 'newest')),
    last_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    data TEXT NOT NULL
  ) STRICT;`,
];

const SCHEMA_VERSION = MIGRATIONS.length;

/** Throws what SQLite throws, and NewerSchema. */
export function migrate(database: DatabaseSync): void {
  const version = versionOf(database);
  if (version > SCHEMA_VERSION) throw new NewerSchema(version);
  if (version === SCHEMA_VERSION) return;
  database.exec(
    `BEGIN; ${MIGRATIONS.slice(version).join('\n')} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`,
  );
}

export class NewerSchema extends Error {
  constructor(version: number) {
    super(`it was written by a newer Bosun: its schema is ${version}, and this one knows ${SCHEMA_VERSION}`);
  }
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
}
