// When a command has brought about what it was given for, judged from the state alone (and from the end of a reload).
import type { ServiceEvent } from '../../core/event.ts';
import type { Fleet, ServiceRecord } from '../../core/fleet.ts';
import { isLive } from '../../core/service-state.ts';
import type { CommandVerbName } from '../../wire/fleet-view.ts';

export type WaitedVerb = Exclude<CommandVerbName, 'signal' | 'shutdown'>;

export type Goal = {
  readonly verb: WaitedVerb;
  readonly service: string;
  /** The newest run when the command was given. */
  readonly runBefore: number;
  /** The last reload that has ended since; undefined when none has. */
  readonly reload: ReloadEnd | undefined;
};

export type ReloadEnd = Extract<ServiceEvent, { type: 'reload-finished' }>;

export type Judgement =
  | { readonly kind: 'reached' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'failed'; readonly why: string };

const REACHED: Judgement = { kind: 'reached' };
const PENDING: Judgement = { kind: 'pending' };

export function judge(goal: Goal, fleet: Fleet, record: ServiceRecord): Judgement {
  switch (goal.verb) {
    case 'start':
      return judgeUp(fleet, record, 0);
    case 'restart':
      return judgeUp(fleet, record, goal.runBefore);
    case 'stop':
      return judgeDown(record);
    case 'reload':
      return judgeReload(goal, record);
  }
}

/** Ready, in a run newer than `runBefore`. */
function judgeUp(fleet: Fleet, record: ServiceRecord, runBefore: number): Judgement {
  const { state } = record;
  if (state.kind === 'running' || state.kind === 'completed')
    return record.lastRun > runBefore ? REACHED : PENDING;
  if (fleet.phase.kind !== 'up') return failed('the container is being stopped');
  if (record.wanted === 'down') return failed('it was stopped meanwhile');
  // A service that was backing off before the command has been taken out of it by the command.
  if (state.kind === 'failed') return failed('it has failed');
  return state.kind === 'backoff' ? failed('it did not become ready') : PENDING;
}

function judgeDown(record: ServiceRecord): Judgement {
  const { state } = record;
  if (record.wanted === 'up') return failed('it was started again meanwhile');
  if (isLive(state) || state.kind === 'backoff') return PENDING;
  return REACHED;
}

function judgeReload({ runBefore, reload }: Goal, record: ServiceRecord): Judgement {
  if (reload !== undefined) return reload.outcome.kind === 'done' ? REACHED : failed(reload.outcome.detail);
  if (record.lastRun !== runBefore || !isLive(record.state)) return failed('its run ended before the reload');
  return PENDING;
}

function failed(why: string): Judgement {
  return { kind: 'failed', why };
}
