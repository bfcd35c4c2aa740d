// The services as they are now, again after each event, and once a second for what counts down. One request at a time.
import type { BosunClient } from '../client/bosun-client.ts';
import type { ServicesView } from '../wire/service-view.ts';

const TICK_MS = 1000;

/**
 * Calls `show` for each new state and every second. Returns when Bosun has ended or `signal` is aborted; throws BosunUnreachable when
 * it does not answer any more.
 */
export async function followServices(
  client: BosunClient,
  signal: AbortSignal,
  show: (view: ServicesView) => void | Promise<void>,
): Promise<'ended' | 'left'> {
  let view = await client.services({ signal });
  await show(view);
  const refresh = async (): Promise<void> => {
    const fresh = await client.services({ signal });
    // Two may have been asked for at once; the older answer is of no use.
    if (fresh.last_event_id >= view.last_event_id) view = fresh;
    await show(view);
  };
  const ticking = setInterval(() => {
    const look = countsDown(view) ? refresh() : Promise.resolve(show(view));
    // What it fails of shows at the stream of events too.
    look.catch(() => undefined);
  }, TICK_MS);
  try {
    for await (const read of client.followEvents({ after: view.last_event_id }, { signal })) {
      if (read.kind === 'event' && read.event.type === 'shutdown-finished') return 'ended';
      // It was in the last answer already.
      if (read.kind === 'event' && read.event.id <= view.last_event_id) continue;
      await refresh();
    }
    return 'ended';
  } catch (error) {
    if (signal.aborted) return 'left';
    throw error;
  } finally {
    clearInterval(ticking);
  }
}

/** A note that says in how many seconds something happens. */
function countsDown({ shutdown, services }: ServicesView): boolean {
  return shutdown !== null || services.some(({ next }) => next !== null);
}
