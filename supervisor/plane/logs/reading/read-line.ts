// A line as readers get it, and what stands for lines that they do not get. Types only.
import type { OutputStream } from '../../../core/plane-message.ts';
import type { GapReason } from '../../../wire/log-view.ts';
import type { LogPosition } from './log-position.ts';

export type ReadLine = {
  readonly service: string;
  /** Undefined: a file of the format `raw` does not say so. */
  readonly timeMs: number | undefined;
  readonly stream: OutputStream | undefined;
  /** Without the newline. */
  readonly bytes: Buffer;
  readonly continues: boolean;
  /** Before it, and behind it. */
  readonly from: LogPosition;
  readonly to: LogPosition;
};

/** Lines that were there and cannot be shown. */
export type LogGap = {
  readonly service: string;
  /** Undefined: nobody knows. */
  readonly lines: number | undefined;
  readonly reason: GapReason;
};

export type SourceBatch = {
  /** Before the lines. */
  readonly gap: LogGap | undefined;
  readonly lines: readonly ReadLine[];
  /** `idle`: that was all that there is now. */
  readonly state: 'more' | 'idle';
};

/** The output of one service from a position on. */
export type LineSource = {
  readonly service: string;
  /** Behind all that was given. */
  readonly position: LogPosition | undefined;
  next(): Promise<SourceBatch>;
  close(): void;
};
