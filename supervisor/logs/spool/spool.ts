// What waits on the disk for the remote sinks: one queue for each, so that none takes another's room. Written by the logs' thread, read
// and shortened from the other end by the control plane (plane/logs/shipping/).
import { join } from 'node:path';
import type { LogSettings } from '../../core/log-message.ts';
import type { BlockStore, Progress, StoreObserver } from '../ports.ts';
import { openSpoolOutput } from './format-spool.ts';
import { SinkQueue } from './sink-queue.ts';

/** Takes what formatSpool gives. Nothing is made or read on the disk before the first block. */
export function createSpool({ spoolDir, sinks }: LogSettings, observer: StoreObserver): BlockStore {
  const queues = new Map(
    sinks.map(({ name, queueBytes }) => {
      const directory = join(spoolDir, name);
      return [name, new SinkQueue({ name, directory, limitBytes: queueBytes, observer })] as const;
    }),
  );
  return {
    dueAtMs: Infinity,
    tick: () => undefined,
    write(output, progress) {
      const { sinks: names, record } = openSpoolOutput(output);
      // The output counts as written when each sink has its copy, or, for what stands before the record, at once.
      const copies = names.map((name) => queues.get(name));
      let begin = 0;
      for (const queue of copies) {
        const part = partOf(progress, begin, record.length);
        if (queue === undefined) part.add(record.length - part.bytes);
        else queue.write(record, part);
        begin += record.length;
      }
    },
    close() {
      for (const queue of queues.values()) queue.close();
    },
  };
}

/** The progress of one copy among those that are written one after the other. */
function partOf(whole: Progress, begin: number, length: number): Progress {
  let bytes = Math.min(Math.max(whole.bytes - begin, 0), length);
  return {
    get bytes() {
      return bytes;
    },
    add(more) {
      bytes += more;
      whole.add(more);
    },
  };
}
