// What stands behind the ports of the logs' keeper: the thread, its bell, the channel to the control plane. No decision is made here.
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { FromLogs } from '../core/log-message.ts';
import type { LogSettings } from '../core/log-message.ts';
import type { Engine } from '../engine/engine.ts';
import { LogHost, type LogHostPorts, type SavedLogs } from '../engine/log-host.ts';
import { createBell, startLogThread } from '../os/log-thread.ts';
import type { SystemCalls } from '../os/system-calls.ts';
import type { CallTroubles } from './call-troubles.ts';
import { tell } from './last-resort.ts';

export type LogParts = {
  readonly entry: URL;
  readonly settings: LogSettings;
  readonly calls: SystemCalls;
  readonly troubles: CallTroubles;
  readonly engine: () => Engine;
  /** From another process image. */
  readonly saved: SavedLogs | undefined;
  readonly joinPlane: (port: MessagePort, bell: number, board: SharedArrayBuffer) => void;
};

/** Throws when no descriptor can be had. */
export function createLogs(parts: LogParts): LogHost<MessagePort> {
  const bell = createBell();
  if (!bell.ok) throw new Error(`eventfd(2) failed with ${bell.errno}`);
  const { engine } = parts;
  const ports: LogHostPorts<MessagePort> = {
    ...observe(parts),
    startThread: (observer) =>
      startLogThread(parts.entry, bell.value, {
        // The thread is ours: what it posts has the shape of FromLogs by construction.
        message: (message) => {
          observer.message(message as FromLogs);
        },
        ended: (reason) => {
          observer.ended(reason);
        },
      }),
    bell: bell.value.fd,
    close: (fd) => {
      parts.calls.close(fd);
    },
    settings: parts.settings,
    spec: () => engine().model.spec,
    connect: () => {
      const { port1: ours, port2: theirs } = new MessageChannel();
      return { ours, theirs };
    },
    toPlane: (theirs, board) => {
      parts.joinPlane(theirs, bell.value.fd, board);
    },
  };
  return new LogHost(ports, parts.saved);
}

type Observed =
  'lineMatched' | 'outputFailed' | 'storeFailed' | 'storeRecovered' | 'unusable' | 'failed' | 'restarted';

function observe({
  engine,
  troubles,
}: LogParts): Pick<ConstructorParameters<typeof LogHost<MessagePort>>[0], Observed> {
  return {
    lineMatched: ({ service, run, purpose }) => {
      engine().submit({ type: 'probed', service, run, purpose, answer: { kind: 'ok' } });
    },
    outputFailed: (errno) => {
      troubles.tell('write(2)', errno, 'log lines wait for standard output, or are lost and counted');
    },
    storeFailed: ({ kind: store, name }, errno, text) => {
      engine().note({ type: 'log-store-failed', store, name, errno, text });
    },
    storeRecovered: ({ kind: store, name }, droppedLines) => {
      engine().note({ type: 'log-store-recovered', store, name, droppedLines });
    },
    unusable: (name, text) => {
      engine().note({ type: 'log-trouble', name, text });
    },
    failed: (reason) => {
      // On stderr too: lines that tell of it go through that thread.
      tell(`bosun: the logs' thread failed: ${reason}; another one is started`);
      engine().note({ type: 'logs-failed', reason });
    },
    restarted: () => {
      engine().note({ type: 'logs-restarted' });
    },
  };
}
