// What is wrong with a store, and the losses that nobody has been told of: in memory that outlives the thread, so that each fault is told once
// and its end too, also when another thread comes to see it.
import { constants } from 'node:os';
import { SINK, TALLY } from '../core/log-board.ts';

/** They come and go apart: a file may be writable in a directory in which nothing can be renamed. */
export type Activity = 'writing' | 'rotating' | 'removing' | 'owning';

type Slots = {
  readonly errnos: Readonly<Record<Activity, number>>;
  readonly lost: number;
  readonly told: number;
};

const FILE_SLOTS: Slots = {
  errnos: {
    writing: TALLY.writingErrno,
    rotating: TALLY.rotatingErrno,
    removing: TALLY.removingErrno,
    owning: TALLY.owningErrno,
  },
  lost: TALLY.fileDroppedLines,
  told: TALLY.fileToldLines,
};
const { errno: SINK_ERRNO } = SINK;
/** A queue has one fault at a time. */
const SINK_SLOTS: Slots = {
  errnos: { writing: SINK_ERRNO, rotating: SINK_ERRNO, removing: SINK_ERRNO, owning: SINK_ERRNO },
  lost: SINK.droppedLines,
  told: SINK.toldLines,
};

export class TroubleMemory {
  readonly #counters: BigInt64Array;
  readonly #slots: Slots;

  /** `shared`: TALLY of the service whose files they are, or SINK. */
  constructor(shared: SharedArrayBuffer, kind: 'file' | 'sink') {
    this.#counters = new BigInt64Array(shared);
    this.#slots = kind === 'file' ? FILE_SLOTS : SINK_SLOTS;
  }

  is(activity: Activity): 'failing' | 'well' {
    return this.#get(this.#slots.errnos[activity]) === 0n ? 'well' : 'failing';
  }

  hasFailedWith(activity: Activity, errno: string): boolean {
    return this.#get(this.#slots.errnos[activity]) === numberOf(errno);
  }

  fail(activity: Activity, errno: string): void {
    this.#counters[this.#slots.errnos[activity]] = numberOf(errno);
  }

  recover(activity: Activity): void {
    this.#counters[this.#slots.errnos[activity]] = 0n;
  }

  /** Whether something else fails too. */
  isAlone(activity: Activity): 'alone' | 'others' {
    const own = this.#slots.errnos[activity];
    const slots: readonly number[] = Object.values(this.#slots.errnos);
    return slots.some((slot) => slot !== own && this.#get(slot) !== 0n) ? 'others' : 'alone';
  }

  /** Of files, and between two blocks: of the block at hand its progress knows. */
  lose(lines: number, bytes: number): void {
    this.#counters[this.#slots.lost] = this.#get(this.#slots.lost) + BigInt(lines);
    this.#counters[TALLY.fileDroppedBytes] = this.#get(TALLY.fileDroppedBytes) + BigInt(bytes);
    this.#counters[TALLY.fileBytes] = this.#get(TALLY.fileBytes) - BigInt(bytes);
  }

  get untoldLines(): number {
    return Number(this.#get(this.#slots.lost) - this.#get(this.#slots.told));
  }

  /** All that are lost up to now. */
  told(): void {
    this.#counters[this.#slots.told] = this.#get(this.#slots.lost);
  }

  #get(slot: number): bigint {
    return this.#counters[slot] ?? 0n;
  }
}

/** What has no number, as an error of Node's own, is as good as an error of the disk. */
function numberOf(errno: string): bigint {
  return BigInt((constants.errno as Readonly<Record<string, number>>)[errno] ?? constants.errno.EIO);
}
