// The worker thread of the control plane: started with a limit of memory, so that it, not PID 1, runs out first.
import { Worker, type MessagePort } from 'node:worker_threads';

/** Several times what the views and rings of 1,000 services need. */
const OLD_GENERATION_MB = 128;

export type PlaneThread = {
  post(message: unknown, transfer?: readonly MessagePort[]): void;
  end(): void;
};

export type PlaneThreadObserver = {
  message(message: unknown): void;
  ended(reason: string): void;
};

export function startPlaneThread(entry: URL, observer: PlaneThreadObserver): PlaneThread {
  const worker = new Worker(entry, {
    name: 'plane',
    resourceLimits: { maxOldGenerationSizeMb: OLD_GENERATION_MB },
  });
  let reason = 'it ended by itself';
  worker.on('message', (message: unknown) => {
    observer.message(message);
  });
  worker.on('messageerror', (error) => {
    reason = error.message;
    void worker.terminate();
  });
  // An exception that nobody caught in the worker comes here, and `exit` follows.
  worker.on('error', (error) => {
    reason = error instanceof Error ? error.message : String(error);
  });
  worker.on('exit', () => {
    observer.ended(reason);
  });
  return {
    post: (message, transfer = []) => {
      worker.postMessage(message, [...transfer]);
    },
    end: () => {
      void worker.terminate();
    },
  };
}
