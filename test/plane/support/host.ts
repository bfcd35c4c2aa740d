// Stands where the engine stands: starts the real worker thread and passes messages between it and the test, which is this
// process's parent. Pipes to be lent are this process's own descriptors from 4 on.
import { Worker } from 'node:worker_threads';
import { libc } from '../../../supervisor/os/libc.ts';

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

type Lend = { readonly type: 'lend'; readonly pipe: { readonly fd: number } };

/** The engine keeps one descriptor and the unfinished line of each pipe, and lends a duplicate. */
const carries = new Map<number, SharedArrayBuffer>();

function lend({ pipe }: Lend): void {
  const duplicate = libc.duplicate(pipe.fd);
  const carry = carries.get(pipe.fd) ?? new SharedArrayBuffer(4, { maxByteLength: 4 + 65_536 });
  carries.set(pipe.fd, carry);
  const lent = { ...pipe, fd: duplicate.ok ? duplicate.value : pipe.fd, carry };
  worker?.postMessage({ type: 'lend', pipe: lent });
}

process.on('message', (message: { readonly type: string }) => {
  if (message.type === 'start-worker') start();
  else if (message.type === 'lend') lend(message as Lend);
  else worker?.postMessage(message);
});
process.on('disconnect', () => {
  process.kill(process.pid, 'SIGKILL');
});
