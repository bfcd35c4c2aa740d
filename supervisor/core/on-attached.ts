// What was seen of a process that Bosun did not start: not there yet, or found. Its end is an exit like any other.
import type { Draft } from './draft.ts';
import type { Input } from './input.ts';
import type { RunId, ServiceName } from './names.ts';
import { becomeReady } from './on-probe.ts';
import { liveRun } from './on-process.ts';

export function onLooked(draft: Draft, { service, run, finding }: Extract<Input, { type: 'looked' }>): void {
  const search = searchOf(draft, service, run);
  // It is looked for again and again: only what is new is worth an event.
  if (search !== undefined && search.finding !== finding)
    draft.emit({ type: 'looking', service, run, finding });
}

export function onAttached(draft: Draft, input: Extract<Input, { type: 'attached' }>): void {
  const { service, run, pid, others, degraded } = input;
  const search = searchOf(draft, service, run);
  if (search === undefined) return;
  draft.emit({ type: 'attached', service, run, pid, others, degraded });
  const { readiness, startup } = draft.spec(search.index);
  if (readiness.kind === 'spawned' && startup.kind === 'none') becomeReady(draft, search.index, run);
}

/** The run, if its process is still looked for. */
function searchOf(
  draft: Draft,
  service: ServiceName,
  run: RunId,
): { readonly index: number; readonly finding: string } | undefined {
  const live = liveRun(draft, service, run);
  if (live?.state.kind !== 'starting' || live.state.process.kind !== 'looking') return undefined;
  return { index: live.index, finding: live.state.process.finding };
}
