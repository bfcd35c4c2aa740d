// Brings the lines of one queue to its receiver: reads a batch, sends it until it is taken, moves the cursor, and waits for more. Knows
// nothing of other sinks, holds one batch in memory, and never gives up.
import { performance } from 'node:perf_hooks';
import { Alarm } from './alarm.ts';
import { BackOff, type BackOffOptions } from './back-off.ts';
import type { CursorFile } from './cursor-file.ts';
import type { QueueDirectory } from './queue-directory.ts';
import type { QueueEntry } from './queue-entry.ts';
import { BEGINNING, NO_COUNTS, type QueuePosition, type SinkCounts } from './queue-position.ts';
import { readQueue } from './queue-reader.ts';
import { QueueWatch } from './queue-watch.ts';
import type { Delivery, Receiver } from './receiver.ts';

const DEFAULT_BACK_OFF: BackOffOptions = { firstMs: 500, mostMs: 30_000 };
const LONGEST_REFUSAL_MS = 1_000;
/** A receiver that is started anew is not worth a word. */
const WORTH_TELLING_MS = 5_000;

/** What an operator should hear of; each once, not for each batch. */
export type CourierNotice =
  | { readonly type: 'away'; readonly why: string }
  | { readonly type: 'back' }
  | { readonly type: 'missed'; readonly lines: number }
  | { readonly type: 'refused'; readonly lines: number; readonly why: string };

export type CourierOptions = {
  readonly receiver: Receiver;
  readonly directory: QueueDirectory;
  readonly cursor: CursorFile;
  readonly tell: (notice: CourierNotice) => void;
  readonly backOff?: BackOffOptions | undefined;
  readonly lingerMs?: number | undefined;
  readonly worthTellingMs?: number | undefined;
};

export type CourierState =
  | { readonly kind: 'ok' }
  /** `retryAtMs`: of Date.now(). */
  | {
      readonly kind: 'retrying';
      readonly why: string;
      readonly sinceMs: number;
      readonly retryAtMs: number;
      readonly told: 'told' | 'untold';
    }
  | { readonly kind: 'ended' };

/** `finishing`: what is there and no more, and without waiting for anybody. */
type Life = 'working' | 'finishing' | 'ended';

export class Courier {
  readonly #options: CourierOptions;
  readonly #backOff: BackOff;
  readonly #alarm = new Alarm();
  readonly #watch: QueueWatch;
  readonly #abort = new AbortController();
  #life: Life = 'working';
  #state: CourierState = { kind: 'ok' };
  #position: QueuePosition = BEGINNING;
  #counts: SinkCounts = NO_COUNTS;
  /** Answers in a row that refused. */
  #refusals = 0;
  /** Lines in one message; less while the receiver finds more too much. */
  #mostLines: number;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#backOff = new BackOff(options.backOff ?? DEFAULT_BACK_OFF);
    this.#mostLines = options.receiver.batch.lines;
    this.#watch = new QueueWatch(options.directory.path, () => {
      this.#alarm.ring();
    });
  }

  get state(): CourierState {
    return this.#state;
  }

  get counts(): SinkCounts {
    return this.#counts;
  }

  get position(): QueuePosition {
    return this.#position;
  }

  /** There may be something new. */
  poke(): void {
    this.#alarm.ring();
  }

  /** What is there is sent now, once; then it ends. */
  finish(): void {
    if (this.#life === 'working') this.#life = 'finishing';
    this.#alarm.ring();
  }

  /** At once. What was not answered is sent again after the next start. */
  stop(): void {
    this.#life = 'ended';
    this.#abort.abort();
    this.#alarm.ring();
  }

  /** Until `finish` or `stop`. Never rejects. */
  async run(): Promise<void> {
    let begun: 'yes' | 'no' = 'no';
    while (this.#life !== 'ended') {
      try {
        if (begun === 'no') await this.#begin();
        begun = 'yes';
        await this.#work();
        break;
      } catch (error) {
        if (this.#abort.signal.aborted) break;
        // The disk cannot be read, or the cursor not written; or a mistake of ours.
        await this.#retreat(error instanceof Error ? error.message : String(error), 0);
      }
    }
    this.#life = 'ended';
    this.#state = { kind: 'ended' };
    this.#watch.disarm();
    this.#options.receiver.close();
  }

  async #begin(): Promise<void> {
    const { position, counts } = await this.#options.cursor.read();
    this.#position = position;
    this.#counts = counts;
  }

  async #work(): Promise<void> {
    const { directory, receiver } = this.#options;
    const { lines, bytes, lingerMs: usualLingerMs } = receiver.batch;
    const lingerMs = this.#options.lingerMs ?? usualLingerMs;
    for (let rested: 'yes' | 'no' = 'no'; this.#life !== 'ended';) {
      // Before the look, so that nothing can come between the two.
      if (this.#life === 'working') this.#watch.arm();
      const { entries, position, missedLines, extent } = await readQueue(directory, this.#position, {
        lines,
        bytes,
      });
      await this.#skipTo(position, missedLines);
      const mayWait = this.#life === 'working' && extent === 'all' && rested === 'no';
      if (entries.length === 0 && this.#life !== 'working') return;
      if (entries.length === 0) await this.#alarm.wait(Infinity);
      if (entries.length === 0 || mayWait) {
        this.#watch.disarm();
        await this.#linger(lingerMs);
        rested = 'yes';
        continue;
      }
      rested = 'no';
      await this.#deliver(entries);
    }
  }

  /** Others may come to the lines that are there. */
  async #linger(ms: number): Promise<void> {
    const untilMs = performance.now() + ms;
    for (let leftMs = ms; leftMs > 0 && this.#life === 'working'; leftMs = untilMs - performance.now())
      await this.#alarm.wait(leftMs);
  }

  async #deliver(batch: readonly QueueEntry[]): Promise<void> {
    const { receiver } = this.#options;
    for (let at = 0; at < batch.length && this.#life !== 'ended';) {
      const entries = batch.slice(at, at + this.#mostLines);
      const delivery = await receiver.send(entries, this.#abort.signal);
      at += await this.#settle(delivery, entries);
    }
  }

  /** How many of the entries are done. */
  async #settle(delivery: Delivery, entries: readonly QueueEntry[]): Promise<number> {
    switch (delivery.kind) {
      case 'taken': {
        const { lines, refusedLines, remark } = delivery;
        this.#advance();
        this.#refusals = 0;
        this.#mostLines = Math.min(2 * this.#mostLines, this.#options.receiver.batch.lines);
        await this.#moveBehind(entries, lines, refusedLines, remark);
        return lines;
      }
      case 'refused':
        return this.#narrow(entries, delivery.why);
      case 'away':
        await this.#retreat(delivery.why, delivery.retryAfterMs);
        return 0;
    }
  }

  /** Finds the line that it is about, and drops that one alone. A receiver that refuses everything is asked less and less often. */
  async #narrow(entries: readonly QueueEntry[], why: string): Promise<number> {
    this.#advance();
    await this.#linger(Math.min(LONGEST_REFUSAL_MS, 2 ** this.#refusals));
    this.#refusals++;
    if (entries.length > 1) {
      this.#mostLines = Math.ceil(entries.length / 2);
      return 0;
    }
    await this.#moveBehind(entries, 1, 1, why);
    return 1;
  }

  /** It has answered. */
  #advance(): void {
    this.#backOff.reset();
    if (this.#state.kind === 'retrying' && this.#state.told === 'told') this.#options.tell({ type: 'back' });
    this.#state = { kind: 'ok' };
  }

  async #retreat(why: string, retryAfterMs: number): Promise<void> {
    if (this.#life === 'finishing') this.stop();
    if (this.#life === 'ended') return;
    const delayMs = this.#backOff.next(retryAfterMs);
    const nowMs = Date.now();
    const former = this.#state;
    const sinceMs = former.kind === 'retrying' ? former.sinceMs : nowMs;
    const wasTold = former.kind === 'retrying' && former.told === 'told';
    const isWorthIt = nowMs - sinceMs >= (this.#options.worthTellingMs ?? WORTH_TELLING_MS);
    if (!wasTold && isWorthIt) this.#options.tell({ type: 'away', why });
    const told = wasTold || isWorthIt ? 'told' : 'untold';
    this.#state = { kind: 'retrying', why, sinceMs, retryAtMs: nowMs + delayMs, told };
    await this.#linger(delayMs);
  }

  async #moveBehind(
    entries: readonly QueueEntry[],
    lines: number,
    refused: number,
    why: string,
  ): Promise<void> {
    const position = entries[lines - 1]?.after();
    if (position === undefined) return;
    if (refused > 0) this.#options.tell({ type: 'refused', lines: refused, why });
    const { sentLines, missedLines, refusedLines } = this.#counts;
    this.#counts = {
      sentLines: sentLines + lines - refused,
      missedLines,
      refusedLines: refusedLines + refused,
    };
    await this.#moveTo(position);
  }

  async #skipTo(position: QueuePosition, missed: number): Promise<void> {
    if (position.segment === this.#position.segment) return;
    if (missed > 0) {
      this.#options.tell({ type: 'missed', lines: missed });
      this.#counts = { ...this.#counts, missedLines: this.#counts.missedLines + missed };
    }
    await this.#moveTo(position);
  }

  async #moveTo(position: QueuePosition): Promise<void> {
    const former = this.#position.segment;
    this.#position = position;
    const { cursor, directory } = this.#options;
    await cursor.write({ position, counts: this.#counts });
    if (position.segment !== former) await directory.removeBefore(position.segment);
  }
}
