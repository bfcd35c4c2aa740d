// A oneshot that has completed and has a down command is still at work: stopping it means to run that command, in the place in
// the order where a service would be signalled.
import type { Draft } from './draft.ts';
import type { RunId } from './names.ts';
import { killTime } from './run-stop.ts';
import type { ServiceSpec } from './service-spec.ts';
import { isLive, type ServiceState, type StopCause } from './service-state.ts';

/** Something would have to be ended if it were to be gone now. */
export function isAtWork(spec: ServiceSpec, state: ServiceState): boolean {
  return isLive(state) || (state.kind === 'completed' && spec.down !== undefined);
}

/** Nothing to be done where there is no down command, and no time for one: it is stopped. */
export function goDown(draft: Draft, index: number, cause: StopCause): void {
  const spec = draft.spec(index);
  if (draft.record(index).state.kind !== 'completed' || spec.down === undefined) return;
  const killAtMs = killTime(draft, index, cause);
  const atMs = draft.moment.nowMs;
  if (killAtMs <= atMs) {
    draft.emit({ type: 'stopped', service: spec.name, run: 0 });
    return;
  }
  const run = draft.fleet.nextRun as RunId;
  draft.emit({ type: 'going-down', service: spec.name, run, cause, atMs, killAtMs });
  draft.do({ type: 'spawn', service: spec.name, run, program: 'down' });
}
