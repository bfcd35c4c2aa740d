// Who hears of what becomes of the runs.
import type { ExitStatus } from '../core/exit-status.ts';
import type { RunId } from '../core/names.ts';
import type { Stray } from '../core/stray.ts';
import type { RunOwner } from './run-owner.ts';
import type { SignalRefused } from './run-signals.ts';

export type RunObserver = {
  exited(owner: RunOwner, run: RunId, exit: ExitStatus, group: 'empty' | 'populated'): void;
  groupEmptied(owner: RunOwner, run: RunId): void;
  /** What the run has left behind, when it is gone. */
  straysFound(owner: RunOwner, run: RunId, strays: readonly Stray[]): void;
  signalRefused: SignalRefused;
};
