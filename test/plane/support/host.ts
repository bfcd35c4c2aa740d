// Stands where the engine stands: starts the real worker threads and passes messages between them and the test, which is this
// process's parent. Pipes to be lent are this process's own descriptors from 4 on, kept and lent by the engine's own keeper of the logs.
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { FromLogs, LogSettings } from '../../../supervisor/core/log-message.ts';
import type { FromPlane, ToPlane } from '../../../supervisor/core/plane-message.ts';
import type { FleetSpec, ServiceSpec } from '../../../supervisor/core/service-spec.ts';
import { LogHost } from '../../../supervisor/engine/log-host.ts';
import type { OutputEnd } from '../../../supervisor/engine/ports.ts';
import { libc } from '../../../supervisor/os/libc.ts';
import { createBell, startLogThread } from '../../../supervisor/os/log-thread.ts';

const PLANE_WORKER = new URL('../../../supervisor/worker.ts', import.meta.url);
const LOG_WORKER = new URL('../../../supervisor/log-worker.ts', import.meta.url);
const FINISH_MS = 5000;

type Hello = Extract<ToPlane, { type: 'hello' }>;
export type HostOrder =
  | { readonly type: 'start-worker' }
  | { readonly type: 'lend'; readonly spec: ServiceSpec; readonly end: OutputEnd }
  | { readonly type: 'configure-logs'; readonly spec: FleetSpec }
  | { readonly type: 'crash-logs' }
  | ToPlane;

let worker: Worker | undefined;
let logs: LogHost<MessagePort> | undefined;
let spec: FleetSpec = { services: [], shutdownBudgetMs: 0, forwards: [] };

function send(message: object): void {
  if (process.connected) process.send?.(message);
}

function startPlane(): void {
  worker = new Worker(PLANE_WORKER, { resourceLimits: { maxOldGenerationSizeMb: 128 } });
  worker.on('message', (message: FromPlane) => {
    if (message.type === 'flushed') void finishLogs();
    else send(message);
  });
  worker.on('error', (error: unknown) => {
    send({ type: 'worker-error', message: error instanceof Error ? error.message : String(error) });
  });
  worker.on('exit', (code) => {
    send({ type: 'worker-exit', code });
  });
}

/** As the engine does it: the last lines of the control plane go through the logs. */
async function finishLogs(): Promise<void> {
  await logs?.finish(FINISH_MS, 'write');
  send({ type: 'flushed' });
}

function createLogs(settings: LogSettings): LogHost<MessagePort> {
  const bell = createBell();
  if (!bell.ok) throw new Error(`eventfd(2): ${bell.errno}`);
  const nothing = (): void => undefined;
  return new LogHost<MessagePort>({
    startThread: (observer) =>
      startLogThread(LOG_WORKER, bell.value, {
        message: (message) => {
          observer.message(message as FromLogs);
          if ((message as FromLogs).type !== 'flushed') send(message as FromLogs);
        },
        ended: (reason) => {
          observer.ended(reason);
        },
      }),
    bell: bell.value.fd,
    close: (fd) => {
      libc.close(fd);
    },
    settings,
    spec: () => spec,
    connect: () => {
      const { port1: ours, port2: theirs } = new MessageChannel();
      return { ours, theirs };
    },
    toPlane: (theirs, board) => {
      worker?.postMessage({ type: 'logs', port: theirs, bell: bell.value.fd, board }, [theirs]);
    },
    lineMatched: nothing,
    outputFailed: nothing,
    storeFailed: nothing,
    storeRecovered: nothing,
    unusable: nothing,
    failed: (reason) => {
      send({ type: 'logs-failed', reason });
    },
    restarted: () => {
      send({ type: 'logs-restarted' });
    },
  });
}

/** The first one starts the logs, each one joins the control plane to them. */
function hello({ settings, spec: services }: Hello): void {
  spec = services;
  if (logs !== undefined) {
    logs.connect();
    return;
  }
  logs = createLogs({
    format: settings.logFormat,
    enginePid: settings.enginePid,
    spoolDir: `${settings.stateDir}/spool`,
    sinks: [],
  });
  logs.start();
}

function configure(services: FleetSpec): void {
  spec = services;
  logs?.configured(services);
}

function obey(order: HostOrder): void {
  if (order.type === 'start-worker') startPlane();
  else if (order.type === 'lend') logs?.lend(order.spec, order.end);
  else if (order.type === 'configure-logs') configure(order.spec);
  else if (order.type === 'crash-logs') logs?.breakThread();
  else {
    worker?.postMessage(order);
    if (order.type === 'hello') hello(order);
  }
}

process.on('message', (order: HostOrder) => {
  obey(order);
});
process.on('disconnect', () => {
  process.kill(process.pid, 'SIGKILL');
});
