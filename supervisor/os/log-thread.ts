// The thread of the logs: its worker, and the bell that is rung after each message, since it waits in epoll_wait(2) and not for messages.
// The thread ends when it is told so, or by an error of its own; until then nothing can interrupt it.
import { closeSync, writeSync } from 'node:fs';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { createEpoll, createEventDescriptor } from './libc-poll.ts';
import type { CallResult } from './system-calls.ts';

/** What it holds is in memory of the engine's and in bounded buffers; only rings and formats are on its heap. */
const OLD_GENERATION_MB = 64;

/** eventfd(2): eight bytes of a number that is added to the counter. */
const RING = Buffer.from(new BigUint64Array([1n]).buffer);

export type Bell = { readonly fd: number; ring(): void };

/** One for all threads that come after each other; never closed. */
export function createBell(): CallResult<Bell> {
  const made = createEventDescriptor();
  if (!made.ok) return made;
  const fd = made.value;
  return { ok: true, value: { fd, ring: () => void ring(fd) } };
}

/** EAGAIN: it has been rung 2^64 times, and nobody has come. */
function ring(fd: number): 'rung' | 'full' {
  try {
    writeSync(fd, RING);
    return 'rung';
  } catch {
    return 'full';
  }
}

export type LogThread = {
  post(message: unknown, transfer?: readonly MessagePort[]): void;
};

export type LogThreadObserver = {
  message(message: unknown): void;
  ended(reason: string): void;
};

/** Throws when a descriptor or a thread cannot be had. */
export function startLogThread(entry: URL, bell: Bell, observer: LogThreadObserver): LogThread {
  const epoll = createEpoll();
  if (!epoll.ok) throw new Error(`epoll_create1(2) failed with ${epoll.errno}`);
  const { port1: ours, port2: theirs } = new MessageChannel();
  const worker = new Worker(entry, {
    name: 'logs',
    resourceLimits: { maxOldGenerationSizeMb: OLD_GENERATION_MB },
    workerData: { port: theirs, epoll: epoll.value },
    transferList: [theirs],
  });
  let reason = 'it ended by itself';
  worker.on('message', (message: unknown) => {
    observer.message(message);
  });
  worker.on('error', (error) => {
    reason = error instanceof Error ? error.message : String(error);
  });
  worker.on('exit', () => {
    ours.close();
    closeSync(epoll.value);
    observer.ended(reason);
  });
  return {
    post: (message, transfer = []) => {
      ours.postMessage(message, [...transfer]);
      bell.ring();
    },
  };
}
