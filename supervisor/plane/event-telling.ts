// Each event is told once, also over the death of a control plane: as a line of Bosun's own log, and as a part of a trace where those are configured.
import type { RecordedEvent } from '../core/event.ts';
import { narrate } from './logs/narrator.ts';
import type { OwnLog } from './logs/own-log.ts';
import { Tracing } from './tracing/tracing.ts';
import type { FleetView, Hello } from './views/fleet-view.ts';

/** What a former control plane has not told, and what is to come. The traces are to be finished at the end. */
export function tellEvents(hello: Hello, view: FleetView, log: OwnLog): Tracing | undefined {
  const tracing = createTracing(hello, log);
  const tellOne = (recorded: RecordedEvent): void => {
    tell(log, view, recorded);
    tracing?.take(recorded);
  };
  for (const recorded of untold(hello)) tellOne(recorded);
  view.subscribe(tellOne);
  return tracing;
}

function createTracing(
  { settings: { tracing, version, enginePid } }: Hello,
  log: OwnLog,
): Tracing | undefined {
  return tracing && new Tracing({ spec: tracing, version, enginePid, log });
}

function tell(log: OwnLog, view: FleetView, recorded: RecordedEvent): void {
  const { event } = recorded;
  const seen = 'service' in event ? view.find(event.service) : undefined;
  const subject = seen && { ...seen, history: view.histories.of(seen.record.name) };
  const message = narrate(recorded, subject);
  if (message !== undefined) log(message, recorded.timeMs);
}

/** What a former control plane has told up to its end is not told again. */
function untold({ recentEvents: recent, toldUpToId }: Hello): readonly RecordedEvent[] {
  if (toldUpToId !== undefined) return recent.filter(({ id }) => id > toldUpToId);
  const failedAt = recent.findLastIndex(({ event }) => event.type === 'plane-failed');
  return recent.slice(Math.max(0, failedAt));
}
