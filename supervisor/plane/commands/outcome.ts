// When a command has brought about what it was given for, judged from the state alone (and from the end of a reload, and of a
// timer's run, which leave no trace in it).
import type { ServiceEvent } from '../../core/event.ts';
import { isSuccess } from '../../core/exit-status.ts';
import type { Fleet, ServiceRecord } from '../../core/fleet.ts';
import { isAtWork } from '../../core/oneshot-down.ts';
import { isLive, type EndReason } from '../../core/service-state.ts';
import type { CommandVerbName } from '../../wire/fleet-view.ts';
import { describeEnd } from '../views/end-reason.ts';
import type { SeenService } from '../views/fleet-view.ts';
import type { ServiceHistory } from '../views/service-history.ts';
import type { Judgement } from './outcome-watch.ts';

export type WaitedVerb = Exclude<CommandVerbName, 'signal' | 'shutdown'>;

export type Goal = {
  readonly verb: WaitedVerb;
  /** The newest run when the command was given. */
  readonly runBefore: number;
  /** The last reload that has ended since; undefined when none has. */
  readonly reload: ReloadEnd | undefined;
};

export type ReloadEnd = Extract<ServiceEvent, { type: 'reload-finished' }>;

const REACHED: Judgement = { kind: 'reached' };
const PENDING: Judgement = { kind: 'pending' };

export function judge(goal: Goal, fleet: Fleet, seen: SeenService, history: ServiceHistory): Judgement {
  switch (goal.verb) {
    case 'start':
    case 'restart':
      return seen.spec.type === 'timer'
        ? judgeTimer(goal, fleet, seen, history)
        : judgeUp(fleet, seen.record, goal.verb === 'start' ? 0 : goal.runBefore);
    case 'stop':
      return judgeDown(seen);
    case 'reload':
      return judgeReload(goal, seen.record);
  }
}

/** Ready, in a run newer than `runBefore`. */
function judgeUp(fleet: Fleet, record: ServiceRecord, runBefore: number): Judgement {
  const { state } = record;
  if (state.kind === 'running' || state.kind === 'completed')
    return record.lastRun > runBefore ? REACHED : PENDING;
  return judgeOnItsWay(fleet, record);
}

function judgeOnItsWay(fleet: Fleet, { state, wanted }: ServiceRecord): Judgement {
  if (fleet.phase.kind !== 'up') return failed('the container is being stopped');
  if (wanted === 'down') return failed('it was stopped meanwhile');
  // A service that was backing off before the command has been taken out of it by the command.
  if (state.kind === 'failed') return failed('it has failed');
  return state.kind === 'backoff' ? failed('it did not become ready') : PENDING;
}

/** One that was scheduled is run now, and has left that state before the command was answered; a stopped one is scheduled again. */
function judgeTimer(
  { runBefore }: Goal,
  fleet: Fleet,
  { spec, record }: SeenService,
  { lastEnd }: ServiceHistory,
): Judgement {
  if (record.state.kind !== 'scheduled') return judgeOnItsWay(fleet, record);
  const hasRun = record.lastRun > runBefore && lastEnd?.run === record.lastRun;
  return hasRun ? judgeEnd(lastEnd.reason, spec.successExitCodes) : REACHED;
}

function judgeEnd(reason: EndReason, successExitCodes: readonly number[]): Judgement {
  const well = reason.kind === 'exit' && isSuccess(reason.exit, successExitCodes);
  return well ? REACHED : failed(`its run ${describeEnd(reason)}`);
}

/** A oneshot that is to be undone has not been stopped until that is done. */
function judgeDown({ spec, record }: SeenService): Judgement {
  const { state } = record;
  if (record.wanted === 'up') return failed('it was started again meanwhile');
  return isAtWork(spec, state) || state.kind === 'backoff' ? PENDING : REACHED;
}

function judgeReload({ runBefore, reload }: Goal, record: ServiceRecord): Judgement {
  if (reload !== undefined) return reload.outcome.kind === 'done' ? REACHED : failed(reload.outcome.detail);
  if (record.lastRun !== runBefore || !isLive(record.state)) return failed('its run ended before the reload');
  return PENDING;
}

function failed(why: string): Judgement {
  return { kind: 'failed', why };
}
