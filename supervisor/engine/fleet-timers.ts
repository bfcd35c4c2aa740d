// The timers of the whole and of jobs: armed as the state asks for them. Those of services are the engine's own.
import type { Fleet } from '../core/fleet.ts';
import type { Input } from '../core/input.ts';
import { fleetTimers, jobTimerAtMs } from '../core/timers.ts';
import type { TimerSet } from './timer-set.ts';

type Submit = (input: Input) => void;

const FLEET_TIMER_NAMES = ['order', 'kill', 'end', 'sweep-kill'] as const;

export function armJobTimers(
  timers: TimerSet,
  before: Fleet['jobs'],
  after: Fleet['jobs'],
  submit: Submit,
): void {
  const seen = new Set(before);
  for (const job of after) {
    if (seen.has(job)) continue;
    const key = `/job/${String(job.id)}`;
    const atMs = jobTimerAtMs(job);
    if (atMs === undefined) timers.cancel(key);
    else
      timers.arm(key, job.state.kind, { clock: 'monotonic', atMs }, () => {
        submit({ type: 'job-timer', job: job.id, run: job.run });
      });
  }
}

export function armFleetTimers(timers: TimerSet, fleet: Fleet, submit: Submit): void {
  const wanted = new Map(fleetTimers(fleet).map((timer) => [timer.timer, timer.atMs]));
  for (const name of FLEET_TIMER_NAMES) {
    // A service's name never starts with a slash.
    const key = `/${name}`;
    const atMs = wanted.get(name);
    if (atMs === undefined) timers.cancel(key);
    else
      timers.arm(key, name, { clock: 'monotonic', atMs }, () => {
        submit({ type: 'fleet-timer', timer: name });
      });
  }
}
