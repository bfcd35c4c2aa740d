// What stands behind the ports of the control plane's keeper. No decision is made here.
import type { MessagePort } from 'node:worker_threads';
import type { FromPlane, PlaneSettings, UpgradeRequest } from '../core/plane-message.ts';
import type { Engine } from '../engine/engine.ts';
import { PlaneHost, type PlaneHostPorts, type SavedPlane } from '../engine/plane-host.ts';
import { startPlaneThread } from '../os/plane-thread.ts';
import type { SystemCalls } from '../os/system-calls.ts';
import type { CallTroubles } from './call-troubles.ts';
import { tell } from './last-resort.ts';

export type PlaneParts = {
  readonly entry: URL;
  readonly settings: PlaneSettings;
  readonly calls: SystemCalls;
  readonly troubles: CallTroubles;
  readonly engine: () => Engine;
  /** A worker has begun: it wants to be joined to the logs. */
  readonly begun: () => void;
  readonly upgrade: (request: UpgradeRequest) => void;
  /** From another process image. */
  readonly saved: SavedPlane | undefined;
};

export function createPlane(parts: PlaneParts): PlaneHost<MessagePort> {
  const { calls, troubles, engine } = parts;
  const ports: PlaneHostPorts<MessagePort> = {
    upgrade: parts.upgrade,
    startWorker: (observer) =>
      startPlaneThread(parts.entry, {
        // The worker is ours: what it posts has the shape of FromPlane by construction.
        message: (message) => {
          observer.message(message as FromPlane);
        },
        ended: (reason) => {
          observer.ended(reason);
        },
      }),
    duplicate: (fd) => {
      const copy = calls.duplicate(fd);
      troubles.check('fcntl(2)', copy, 'output stays in its pipe until a descriptor can be had');
      return copy.ok ? copy.value : undefined;
    },
    close: (fd) => {
      calls.close(fd);
    },
    hello: () => helloOf(engine(), parts.settings),
    begun: parts.begun,
    command: (command) => {
      engine().submit({ type: 'command', command }, { actor: command.actor, command: command.id, cause: 0 });
    },
    listening: (_path, start) => {
      if (start === 'again') engine().note({ type: 'plane-restarted' });
    },
    note: ({ event, actor, command }) => {
      engine().note(event, { actor, command, cause: 0 });
    },
    journaled: (upToId) => {
      engine().recorder.written(upToId);
    },
    failed: (reason) => {
      // On stderr too: without a control plane nobody could ask for the event.
      tell(`bosun: the control plane failed: ${reason}; another one is started`);
      engine().note({ type: 'plane-failed', reason });
    },
  };
  return new PlaneHost(ports, parts.saved);
}

function helloOf(
  { model, fleet, recorder }: Engine,
  settings: PlaneSettings,
): ReturnType<ConstructorParameters<typeof PlaneHost>[0]['hello']> {
  return {
    type: 'hello',
    settings,
    spec: model.spec,
    target: model.target,
    fleet,
    lastEventId: recorder.lastId,
    recentEvents: recorder.recent,
  };
}
