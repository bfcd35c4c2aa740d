// What SQLite's errors mean for the journal: the file is of no use any more, or it cannot be used now.
// Result codes: https://sqlite.org/rescode.html; the lower 8 bits are the primary one.
import { NewerSchema } from './schema.ts';

export type StorageFailure = {
  /** `damaged`: another file is to be begun. `unavailable`: a later try may succeed. */
  readonly kind: 'damaged' | 'unavailable';
  readonly reason: string;
};

/** SQLITE_BUSY: under the exclusive lock of whoever opened the file before. */
const BUSY = 5;

/** SQLITE_ERROR is a table or a column that is not there; SQLITE_CONSTRAINT an id that is there already. */
const DAMAGED: ReadonlySet<number> = new Set([1, 11, 19, 24, 26]);

export function storageFailure(error: unknown): StorageFailure {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof NewerSchema || error instanceof SyntaxError) return { kind: 'damaged', reason };
  const code = primaryCode(error);
  if (code === BUSY)
    return { kind: 'unavailable', reason: `${reason}: another process, such as a second Bosun, has it open` };
  return { kind: code !== undefined && DAMAGED.has(code) ? 'damaged' : 'unavailable', reason };
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}
