// How a service came up, for a sentence that begins with its name.
import { describeDuration } from '../wire/duration.ts';
import type { ServiceView } from '../wire/service-view.ts';

export function describeUp(view: ServiceView): string {
  switch (view.state) {
    case 'completed':
      return 'has completed';
    case 'scheduled':
      return `is scheduled: ${describeNextRun(view)}`;
    case 'running':
      return describeRunning(view);
    case 'starting':
      return `is ${view.type === 'timer' ? 'in a run' : 'starting'}`;
    case 'stopped':
    case 'waiting':
    case 'unready':
    case 'stopping':
    case 'backoff':
    case 'failed':
    case 'skipped':
      return `is ${view.state}${view.note === '' ? '' : `: ${view.note}`}`;
  }
}

function describeRunning(view: ServiceView): string {
  const after = view.ready_after_ms === null ? '' : ` after ${describeDuration(view.ready_after_ms)}`;
  return `is ready${after}${view.pid === null ? '' : ` (pid ${view.pid})`}`;
}

export function describeNextRun({ next, note }: ServiceView): string {
  return next === null ? note : `next run in ${describeDuration(next.in_ms)}, at ${next.at}`;
}
