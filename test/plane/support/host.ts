// Stands where the engine stands: starts the real worker thread and passes messages between it and the test, which is this
// process's parent. Pipes to be lent are this process's own descriptors from 4 on.
import { Worker } from 'node:worker_threads';

const WORKER = new URL('../../../supervisor/worker.ts', import.meta.url);

let worker: Worker | undefined;

function send(message: object): void {
  if (process.connected) process.send?.(message);
}

function start(): void {
  worker = new Worker(WORKER, { resourceLimits: { maxOldGenerationSizeMb: 128 } });
  worker.on('message', (message: object) => {
    send(message);
  });
  worker.on('error', (error: unknown) => {
    send({ type: 'worker-error', message: error instanceof Error ? error.message : String(error) });
  });
  worker.on('exit', (code) => {
    send({ type: 'worker-exit', code });
  });
}

process.on('message', (message: { readonly type: string }) => {
  if (message.type === 'start-worker') start();
  else worker?.postMessage(message);
});
process.on('disconnect', () => {
  process.exit(0);
});
