// How far a sink has come, in a file beside its queue. Written after the receiver's answer, and whole or not at all: what is sent twice after
// a crash is at most what was not yet answered.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { CURSOR_NAME } from '../../../core/spool-layout.ts';
import { BEGINNING, NO_COUNTS, type QueuePosition, type SinkCounts } from './queue-position.ts';

const MODE = 0o600;
const count = z.number().int().nonnegative();
const schema = z.object({
  version: z.literal(1),
  segment: count,
  offset: count,
  doneLines: count,
  totalLines: count.optional(),
  stamp: z.object({ timeMs: z.number(), lines: count }),
  counts: z.object({ sentLines: count, missedLines: count, refusedLines: count }),
});

export type Cursor = { readonly position: QueuePosition; readonly counts: SinkCounts };

export class CursorFile {
  readonly #path: string;

  constructor(directory: string) {
    this.#path = join(directory, CURSOR_NAME);
  }

  /** Without a file that can be understood it is the beginning: rather twice than never. Rejects when it cannot be read. */
  async read(): Promise<Cursor> {
    const text = await this.#text();
    const parsed = text === undefined ? undefined : schema.safeParse(parseJson(text));
    if (parsed?.success !== true) return { position: BEGINNING, counts: NO_COUNTS };
    const { segment, offset, doneLines, totalLines, stamp, counts } = parsed.data;
    return { position: { segment, offset, doneLines, totalLines, stamp }, counts };
  }

  async write({ position, counts }: Cursor): Promise<void> {
    const text = JSON.stringify({ version: 1, ...position, counts });
    const draft = `${this.#path}.new`;
    await writeFile(draft, `${text}\n`, { mode: MODE });
    await rename(draft, this.#path);
  }

  async #text(): Promise<string | undefined> {
    try {
      return await readFile(this.#path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
