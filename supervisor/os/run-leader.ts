// Which process leads a run: the one that was launched, or another that it named (MAINPID of sd_notify(3)). The exit of the leader
// is the exit of the run, so a followed one has to become our child before it ends, or nobody can tell how it ended.
import type { ExitStatus } from '../core/exit-status.ts';
import type { Pid } from '../core/names.ts';
import { lookAgain, type ProcessIdentity } from './procfs.ts';
import type { RunFootprint } from './run-members.ts';

export type Leader =
  | { readonly kind: 'original' }
  /** The exit of the original is kept: it counts when the followed one ends where we cannot see it. */
  | {
      readonly kind: 'followed';
      readonly identity: ProcessIdentity;
      readonly originalExit: ExitStatus | undefined;
    }
  | { readonly kind: 'waited-for' };

/** Who gets what is meant for the leader: the followed one, or the original while there is no other. */
export function livingLeader(leader: Leader, { original, originalIs }: RunFootprint): Pid | undefined {
  if (leader.kind === 'waited-for') return undefined;
  if (leader.kind === 'followed' && lookAgain(leader.identity)?.state === 'alive') return leader.identity.pid;
  // Its number stays its own until it has been waited for.
  return originalIs === 'alive' ? original : undefined;
}

/** Alive, or dead and ours to wait for: its exit is still to come. */
export function isStillToEnd(identity: ProcessIdentity): boolean {
  return lookAgain(identity)?.state === 'alive' || isOurChild(identity);
}

export function isOurChild(identity: ProcessIdentity): boolean {
  return lookAgain(identity)?.parent === process.pid;
}
