// When a timer's next run is due. Runs never overlap: what falls into a run is skipped, and the next one counts from now.
import type { Draft } from './draft.ts';
import type { Due } from './schedule.ts';
import { isLive, type ServiceState } from './service-state.ts';

export function scheduleNext(draft: Draft, index: number): void {
  const { name: service, state } = draft.record(index);
  draft.emit({ type: 'scheduled', service, due: nextDue(draft, index, state) });
}

function nextDue(draft: Draft, index: number, state: ServiceState): Due {
  const { schedule } = draft.spec(index);
  const { nowMs, wallMs } = draft.moment;
  switch (schedule.kind) {
    case 'none':
      return { clock: 'never' };
    case 'every': {
      // From start to start, as people read it; a run that takes longer than the period loses the beats it covers.
      const sinceMs = isLive(state) ? state.startedAtMs : nowMs;
      const beats = Math.floor((nowMs - sinceMs) / schedule.periodMs) + 1;
      return { clock: 'monotonic', atMs: sinceMs + beats * schedule.periodMs };
    }
    case 'cron': {
      const atMs = draft.model.calendar(schedule, wallMs);
      return atMs === undefined ? { clock: 'never' } : { clock: 'wall', atMs };
    }
  }
}
