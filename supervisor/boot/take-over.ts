// What this process image does with the snapshot of the one before it, in place of a boot: the processes of the runs are known again, then
// the state, then what follows from it. Nothing is started that is there.
import type { AttachedProcesses } from '../os/attached-processes.ts';
import type { Clock } from '../os/clock.ts';
import type { ControlFiles } from '../os/control-files.ts';
import { ControlGroup } from '../os/control-group.ts';
import type { RunProcessGroups } from '../os/run-processes.ts';
import type { Engine } from '../engine/engine.ts';
import type { Found } from '../engine/snapshot.ts';
import { VERSION } from '../wire/version.ts';
import type { Snapshot } from './snapshot.ts';

export type TakeOverParts = {
  readonly engine: Engine;
  readonly runs: RunProcessGroups;
  readonly attached: AttachedProcesses;
  readonly controlFiles: ControlFiles;
  readonly clock: Clock;
};

/** Before the first pass of the reaper: who has ended meanwhile is known by then. */
export function takeOver(
  snapshot: Snapshot,
  { engine, runs, attached, controlFiles, clock }: TakeOverParts,
): void {
  const awayMs = Math.round(clock.nowMs() - snapshot.leftAtMs);
  runs.resume(
    snapshot.runs,
    ({ directory, oomKillsBefore }) => new ControlGroup(controlFiles, directory, oomKillsBefore),
  );
  attached.resume(snapshot.attached);
  note(snapshot, engine, awayMs);
  const interrupted = new Set(snapshot.interrupted);
  const isLost: Found['isLost'] = (errand) =>
    interrupted.has(`${errand.service} ${errand.kind === 'hook' ? errand.hook : 'reload'}`);
  const known = [...snapshot.runs, ...snapshot.attached].map(({ run }) => run);
  engine.resume(snapshot.engine, { runs: new Set(known), isLost });
}

function note({ cause, version: from, interrupted }: Snapshot, engine: Engine, awayMs: number): void {
  switch (cause.kind) {
    case 'upgrade': {
      const { actor, id } = cause.request;
      const attribution = { actor, command: id, cause: 0 };
      engine.note({ type: 'upgraded', from, to: VERSION, awayMs }, attribution);
      return;
    }
    case 'recovery': {
      const { where, reason } = cause;
      engine.note({ type: 'recovered', where, reason, awayMs, lost: interrupted });
      return;
    }
  }
}
