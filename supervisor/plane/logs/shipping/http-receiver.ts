// A receiver that takes batches by POST: OTLP and Loki differ in the body and in what an answer means.
import type { LookupFunction } from 'node:net';
import { createConcealment, placeOf, type Conceal } from './concealment.ts';
import { HttpPoster, type HttpAnswer } from './http-post.ts';
import type { QueueEntry } from './queue-entry.ts';
import type { Delivery, Receiver } from './receiver.ts';

/** Receivers take some MiB before they are decompressed; Loki's limit of a request is 4 MB, a collector's 20. */
const BATCH = { lines: 5_000, bytes: 1_048_576, lingerMs: 1_000 };

export type HttpReceiverOptions = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly lookup: LookupFunction;
  readonly timeoutMs?: number | undefined;
  readonly encode: (entries: readonly QueueEntry[]) => string;
  readonly judge: (answer: HttpAnswer, lines: number, conceal: Conceal, nowMs: number) => Delivery;
};

export function createHttpReceiver({ url: text, encode, judge, ...others }: HttpReceiverOptions): Receiver {
  const url = new URL(text);
  const conceal = createConcealment(url, others.headers);
  const poster = new HttpPoster({ url, ...others });
  return {
    batch: BATCH,
    place: placeOf(url),
    async send(entries, signal) {
      const answer = await poster.post(encode(entries), signal);
      return judge(answer, entries.length, conceal, Date.now());
    },
    close() {
      poster.close();
    },
  };
}
