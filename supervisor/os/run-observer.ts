// Who hears of what becomes of the runs.
import type { ResourceUsage } from '../core/counter-board.ts';
import type { ExitStatus } from '../core/exit-status.ts';
import type { RunId } from '../core/names.ts';
import type { Stray } from '../core/stray.ts';
import type { RunOwner } from './run-owner.ts';
import type { SignalRefused } from './run-signals.ts';

export type RunObserver = {
  exited(owner: RunOwner, run: RunId, exit: ExitStatus, group: 'empty' | 'populated'): void;
  /** By a process of it that has been waited for, with whoever that one had waited for. */
  used?(owner: RunOwner, usage: ResourceUsage): void;
  groupEmptied(owner: RunOwner, run: RunId): void;
  /** What the run has left behind, when it is gone. */
  straysFound(owner: RunOwner, run: RunId, strays: readonly Stray[]): void;
  signalRefused: SignalRefused;
};
