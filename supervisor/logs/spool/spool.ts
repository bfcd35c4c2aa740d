// What waits on the disk for the remote sinks: one queue for each, so that none takes another's room. Written by the logs' thread, read
// and shortened from the other end by the control plane (plane/logs/shipping/).
import { join } from 'node:path';
import { SINK_BYTES } from '../../core/log-board.ts';
import type { LogSettings } from '../../core/log-message.ts';
import type { BlockStore, SpoolProgress, StoreObserver } from '../ports.ts';
import { TroubleMemory } from '../trouble-memory.ts';
import { openSpoolOutput } from './format-spool.ts';
import { SinkQueue } from './sink-queue.ts';

/** Takes what formatSpool gives. Nothing is made or read on the disk before the first block. `memories`: SINK of each sink. */
export function createSpool(
  { spoolDir, sinks }: LogSettings,
  observer: StoreObserver,
  memories: readonly SharedArrayBuffer[],
): BlockStore<SpoolProgress> {
  const queues = new Map(
    sinks.map(({ name, queueBytes }, place) => {
      const directory = join(spoolDir, name);
      const memory = new TroubleMemory(memories[place] ?? new SharedArrayBuffer(SINK_BYTES), 'sink');
      return [
        name,
        new SinkQueue({ name, place, directory, limitBytes: queueBytes, observer, memory }),
      ] as const;
    }),
  );
  return {
    dueAtMs: Infinity,
    tick: () => undefined,
    write(output, progress) {
      const { sinks: names, record } = openSpoolOutput(output);
      // The copies are written one after the other; the output is as far as they are together.
      for (const [index, name] of names.entries()) {
        const begin = index * record.length;
        const queue = queues.get(name);
        if (queue !== undefined) queue.write(record, begin, progress);
        else if (progress.bytes < begin + record.length)
          progress.words[progress.word] = begin + record.length;
      }
    },
    close() {
      for (const queue of queues.values()) queue.close();
    },
  };
}
