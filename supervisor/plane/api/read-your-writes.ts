// Reads that must see a write: `at_least` names an event, which an answer to a write has as `last_event_id`, and the read waits until
// the view has come that far.
import type { FleetView } from '../views/fleet-view.ts';
import { refuse } from './problem-response.ts';

const USUAL_WAIT_MS = 5000;

export type Freshness = { readonly at_least: number; readonly wait?: number | undefined };

/** The refusal, when the view is not there in time; otherwise the read may go on. */
export async function awaitView(
  view: FleetView,
  { at_least, wait }: Freshness,
  gone: AbortSignal,
): Promise<Response | undefined> {
  const waitMs = wait ?? USUAL_WAIT_MS;
  if (!(await comesTo(view, at_least, waitMs, gone)))
    return refuse(
      'view-behind',
      `After ${waitMs} ms the newest event is ${view.events.lastId}, not yet ${at_least}.`,
    );
  return undefined;
}

async function comesTo(view: FleetView, id: number, waitMs: number, gone: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const look = (): void => {
    if (view.events.lastId >= id) resolve(true);
  };
  const give = (): void => {
    resolve(false);
  };
  const unsubscribe = view.subscribe(look);
  const timer = setTimeout(give, waitMs);
  gone.addEventListener('abort', give, { once: true });
  if (gone.aborted) give();
  look();
  try {
    return await promise;
  } finally {
    unsubscribe();
    clearTimeout(timer);
    gone.removeEventListener('abort', give);
  }
}
