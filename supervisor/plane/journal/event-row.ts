// An event as a row of the journal and back. What every event has are columns; what its type carries is JSON, in which a field
// that is undefined is left out: to read it gives undefined all the same.
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { BosunEvent, RecordedEvent } from '../../core/event.ts';

const COLUMNS = [
  'id',
  'seq',
  'service',
  'type',
  'time_ms',
  'monotonic_ms',
  'version',
  'actor',
  'command',
  'cause',
  'data',
] as const;

export const INSERT_EVENT = `INSERT INTO events (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`;
export const SELECT_EVENTS = `SELECT ${COLUMNS.join(', ')} FROM events`;

type Column = (typeof COLUMNS)[number];
export type EventRow = Readonly<Record<Column, SQLOutputValue>>;

export function toParameters(recorded: RecordedEvent): SQLInputValue[] {
  const { type, ...fields } = recorded.event;
  const { service = null, ...data } = { service: undefined, ...fields };
  const { id, seq, timeMs, monotonicMs, version, actor, command, cause } = recorded;
  return [id, seq, service, type, timeMs, monotonicMs, version, actor, command, cause, JSON.stringify(data)];
}

/** The table is written by `toParameters` alone, and its triggers let nobody change a row. Throws SyntaxError. */
export function toRecorded(row: EventRow): RecordedEvent {
  const { type, service, data } = row;
  const fields = JSON.parse(String(data)) as object;
  const event = { type, ...(service === null ? {} : { service }), ...fields } as unknown as BosunEvent;
  return {
    id: Number(row.id),
    seq: Number(row.seq),
    timeMs: Number(row.time_ms),
    monotonicMs: Number(row.monotonic_ms),
    version: 1,
    actor: String(row.actor),
    command: String(row.command),
    cause: Number(row.cause),
    event,
  };
}
