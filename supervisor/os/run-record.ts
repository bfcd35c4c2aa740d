// What is known of the processes of one run, and the same as plain data for the next process image: who is waited for and who is not is
// nowhere to be asked.
import type { Pid, RunId } from '../core/names.ts';
import type { KillMode } from '../core/service-spec.ts';
import type { ControlGroup, KeptGroup } from './control-group.ts';
import type { ProcessTable } from './process-table.ts';
import type { Leader } from './run-leader.ts';
import type { RunFootprint } from './run-members.ts';
import type { RunOwner } from './run-owner.ts';
import type { CallResult } from './system-calls.ts';

export type RunIdentity = { readonly owner: RunOwner; readonly run: RunId; readonly killMode: KillMode };

export type RunProcesses = RunFootprint &
  RunIdentity & {
    leader: Leader;
    kill: 'not-sent' | 'sent';
    /** SIGKILL that reached nobody: it is sent again, since a program may give up the privileges that it was refused for. */
    missedKill: 'none' | 'group' | 'leader';
    readonly controlGroup: ControlGroup | undefined;
  };

export type KeptRun = Omit<RunProcesses, 'controlGroup'> & { readonly controlGroup: KeptGroup | undefined };

export function keepRun({ controlGroup, ...processes }: RunProcesses): KeptRun {
  return { ...processes, controlGroup: controlGroup?.kept };
}

export function resumeRun(
  { controlGroup, ...processes }: KeptRun,
  groupOf: (kept: KeptGroup) => ControlGroup,
): RunProcesses {
  return { ...processes, controlGroup: controlGroup && groupOf(controlGroup) };
}

/** `session`: as getsid(2) tells it of the process that was launched. */
export function beginRun(
  who: RunIdentity,
  original: Pid,
  session: CallResult<Pid>,
  controlGroup: ControlGroup | undefined,
): RunProcesses {
  return {
    ...who,
    original,
    originalIs: 'alive',
    sessions: new Set(session.ok && session.value === original ? [original] : []),
    strays: new Map(),
    leader: { kind: 'original' },
    kill: 'not-sent',
    missedKill: 'none',
    controlGroup,
  };
}

/** The exits that are still to come are this run's. */
export function enterLeaders(table: ProcessTable, { run, original, originalIs, leader }: RunProcesses): void {
  if (originalIs === 'alive') table.addLeader({ run, pid: original });
  if (leader.kind === 'followed') table.addFollowed({ run, pid: leader.identity.pid }, leader.identity);
}
