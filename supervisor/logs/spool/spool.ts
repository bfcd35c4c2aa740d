// What waits on the disk for the remote sinks: one queue for each, so that none takes another's room. Written by the logs' thread, read
// and shortened from the other end by the control plane (plane/logs/shipping/).
import { join } from 'node:path';
import type { LogSettings } from '../../core/log-message.ts';
import type { BlockStore, StoreObserver } from '../ports.ts';
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
      // The copies are written one after the other; the output is as far as they are together.
      const { words, word } = progress;
      for (const [index, name] of names.entries()) {
        const begin = index * record.length;
        const queue = queues.get(name);
        if (queue !== undefined) queue.write(record, { words, word, begin });
        else if (progress.bytes < begin + record.length) words[word] = begin + record.length;
      }
    },
    close() {
      for (const queue of queues.values()) queue.close();
    },
  };
}
