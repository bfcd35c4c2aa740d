// One pipe that a service writes to, as it is lent: the engine owns the descriptor. Reads into the staging memory, and knows how busy it is.
import { readSync } from 'node:fs';
import { ownerOf } from '../core/log-board.ts';
import type { LentPipe } from '../core/plane-message.ts';
import { Carry } from './carry.ts';
import type { LineWatch } from './line-watch.ts';
import type { RecordSplitter } from './record-splitter.ts';
import type { Staging } from './staging.ts';
import type { Tally } from './tally.ts';

export type ReadOutcome =
  | { readonly kind: 'read'; readonly bytes: number }
  | { readonly kind: 'empty' }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly errno: string };

const EMPTY: ReadOutcome = { kind: 'empty' };

export class Pipe {
  readonly lent: LentPipe;
  readonly carry: Carry;
  readonly owner: number;
  watch: LineWatch | undefined;
  /** Of a service whose records may have several lines. */
  records: RecordSplitter | undefined;

  constructor(lent: LentPipe) {
    this.lent = lent;
    this.carry = new Carry(lent.carry);
    this.owner = ownerOf(lent.run, lent.stream);
  }

  /** With the line that was begun before it. Unless it is empty, what is in `staging` now is this pipe's; after a failure its last. */
  read(staging: Staging, tally: Tally): ReadOutcome {
    this.carry.copyTo(staging.bytes);
    try {
      const bytes = staging.fill(this.owner, this.carry.length, tally, this.#readInto);
      if (bytes > 0) return { kind: 'read', bytes };
      staging.expect('end');
      return { kind: 'end' };
    } catch (error) {
      const errno = error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
      const isEmpty = errno === 'EAGAIN' || errno === 'EINTR';
      if (isEmpty) staging.release();
      else staging.expect('end');
      return isEmpty ? EMPTY : { kind: 'failed', errno };
    }
  }

  readonly #readInto = (target: Buffer, at: number, bytes: number): number =>
    readSync(this.lent.fd, target, at, bytes, null);
}
