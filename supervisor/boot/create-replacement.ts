// What stands behind the ports of the replacement: where each part of the state is, and who has to finish first. No decision is made here.
import type { MessagePort } from 'node:worker_threads';
import type { Counters } from '../engine/counters.ts';
import type { Engine } from '../engine/engine.ts';
import { LogHost } from '../engine/log-host.ts';
import { PlaneHost } from '../engine/plane-host.ts';
import type { AttachedProcesses } from '../os/attached-processes.ts';
import type { Clock } from '../os/clock.ts';
import { imageCalls } from '../os/libc-image.ts';
import type { ProcessTable } from '../os/process-table.ts';
import type { RunProcessGroups } from '../os/run-processes.ts';
import { signalNumber } from '../os/signal-names.ts';
import type { SystemCalls } from '../os/system-calls.ts';
import type { ToolRunner } from '../os/tool.ts';
import { VERSION } from '../wire/version.ts';
import type { Composition } from './composition.ts';
import type { DROP_IN_LOGS } from './drop-in-logs.ts';
import type { DropInPlane } from './drop-in-plane.ts';
import { onFault, tell } from './last-resort.ts';
import type { NotifyChannels } from './notify-port.ts';
import { Replacement } from './replacement.ts';
import type { ToolGate } from './tool-gate.ts';

export type ReplacementParts = {
  readonly composition: Composition;
  readonly calls: SystemCalls;
  readonly clock: Clock;
  readonly table: ProcessTable;
  readonly gate: ToolGate;
  readonly tool: ToolRunner;
  readonly engine: Engine;
  readonly plane: PlaneHost<MessagePort> | DropInPlane;
  readonly logs: LogHost<MessagePort> | typeof DROP_IN_LOGS;
  readonly runs: RunProcessGroups;
  readonly attached: AttachedProcesses;
  readonly notify: NotifyChannels;
  readonly counters: Counters;
};

/** Of the time for the hand-over; the logs, through which its last lines go, have the rest. */
const SHARE_OF_PLANE = 0.6;

/** Not in drop-in mode, where nobody could ask for it, and nothing is kept. */
export function createReplacement(parts: ReplacementParts): Replacement | undefined {
  const { composition, engine, plane, logs, clock, gate, tool } = parts;
  if (!(plane instanceof PlaneHost) || !(logs instanceof LogHost)) return undefined;
  const replacement = new Replacement(
    {
      image: composition.image ?? imageCalls,
      gate,
      tool,
      nowMs: () => clock.nowMs(),
      version: VERSION,
      fleet: () => engine.fleet,
      snapshot: (of) => ({
        ...of,
        version: VERSION,
        leftAtMs: clock.nowMs(),
        settings: composition.settings,
        engine: engine.snapshot,
        plane: plane.saved,
        logSettings: composition.logs,
        logs: logs.saved,
        runs: parts.runs.kept,
        attached: parts.attached.kept,
        channels: parts.notify.kept,
        counters: parts.counters.saved,
      }),
      note: (event, attribution) => {
        engine.note(event, attribution);
      },
      answer: (id, answer) => {
        plane.answerUpgrade(id, answer);
      },
      handOver: async (limitMs) => {
        await plane.handOver(limitMs * SHARE_OF_PLANE);
        await logs.finish(limitMs * (1 - SHARE_OF_PLANE), 'keep');
      },
      reopen: () => {
        logs.reopen();
        plane.reopen();
      },
      endTools: () => {
        for (const pid of parts.table.tools) parts.calls.kill(0 - pid, signalNumber('SIGKILL'));
      },
      tell,
    },
    composition.snapshot,
  );
  onFault((where, error) => {
    void replacement.recover(where, error);
  });
  return replacement;
}
