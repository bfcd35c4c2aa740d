// What becomes of an application's settings, over a lost connection too: each connection begins with all of them, and what differs from those
// that were known is a change like any other.
import type {
  ApplicationAwayView,
  ApplicationBackView,
  ApplicationChangeView,
  ApplicationView,
} from '../wire/application-view.ts';
import { isAway, pause, type ApiCaller } from './api-caller.ts';
import { readWhole } from './log-stream.ts';

export type ApplicationNews =
  /** All of them: the first thing that comes of an application that answers. */
  | { readonly kind: 'values'; readonly settings: ApplicationView }
  | { readonly kind: 'change'; readonly change: ApplicationChangeView }
  /** All of them: the revision has gone back, and what was known says nothing any more. */
  | { readonly kind: 'reset'; readonly settings: ApplicationView }
  | { readonly kind: 'away'; readonly away: ApplicationAwayView }
  | { readonly kind: 'back'; readonly back: ApplicationBackView };

/** How long a control plane may be away before the stream is given up. */
const PATIENCE_MS = 3000;
const RETRY_MS = 50;
/** A stream that has lasted for so long was a good one. */
const SETTLED_MS = 1000;

/** Ends when Bosun has ended it and does not come back. Throws BosunUnreachable, BosunProblem, or the signal's reason. */
export async function* streamApplication(
  api: ApiCaller,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ApplicationNews, void, undefined> {
  const known: Known = { settings: undefined, openings: 0 };
  let ended: 'by Bosun' | 'not' = 'not';
  let lostAtMs = 0;
  for (;;) {
    const beganMs = performance.now();
    const lost = yield* readOnce(api, path, known, signal);
    if (performance.now() - beganMs > SETTLED_MS) lostAtMs = 0;
    if (lost === undefined) ended = 'by Bosun';
    if (lostAtMs !== 0 && performance.now() - lostAtMs > PATIENCE_MS) {
      if (lost !== undefined && ended === 'not') throw lost.error;
      return;
    }
    if (lostAtMs === 0) lostAtMs = performance.now();
    await pause(RETRY_MS, signal);
  }
}

type Known = { settings: ApplicationView | undefined; openings: number };

/** Undefined: the server has ended it. */
async function* readOnce(
  api: ApiCaller,
  path: string,
  known: Known,
  signal: AbortSignal | undefined,
): AsyncGenerator<ApplicationNews, { readonly error: unknown } | undefined, undefined> {
  try {
    const incoming = await api.stream(path, { signal }, 'text/event-stream');
    known.openings += 1;
    let event = '';
    for await (const line of readWhole(api, incoming)) {
      if (line.startsWith('event: ')) event = line.slice(7);
      if (!line.startsWith('data: ')) continue;
      const news = take(known, event, JSON.parse(line.slice(6)));
      if (news !== undefined) yield news;
    }
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (known.openings === 0 || !isAway(error)) throw error;
    return { error };
  }
}

function take(known: Known, event: string, data: unknown): ApplicationNews | undefined {
  switch (event) {
    case 'values':
    case 'reset':
      return takeAll(known, event, data as ApplicationView);
    case 'change': {
      const change = data as ApplicationChangeView;
      if (known.settings !== undefined) known.settings = applied(known.settings, change);
      return { kind: 'change', change };
    }
    case 'away':
      return { kind: 'away', away: data as ApplicationAwayView };
    case 'back':
      return { kind: 'back', back: data as ApplicationBackView };
    default:
      // Of a later version.
      return undefined;
  }
}

function takeAll(
  known: Known,
  event: 'values' | 'reset',
  settings: ApplicationView,
): ApplicationNews | undefined {
  const before = known.settings;
  known.settings = settings;
  if (before === undefined || event === 'reset' || settings.revision < before.revision)
    return { kind: before === undefined ? 'values' : 'reset', settings };
  const changes = differences(before, settings);
  const { service, revision } = settings;
  return changes.length === 0 ? undefined : { kind: 'change', change: { service, revision, changes } };
}

function differences(before: ApplicationView, after: ApplicationView): ApplicationChangeView['changes'] {
  const keys = [...new Set([...Object.keys(before.values), ...Object.keys(after.values)])].toSorted();
  return keys
    .filter((key) => before.values[key] !== after.values[key])
    .map((key) => {
      const { [key]: old } = before.values;
      const { [key]: fresh } = after.values;
      return { key, ...(old === undefined ? {} : { old }), ...(fresh === undefined ? {} : { new: fresh }) };
    });
}

function applied(settings: ApplicationView, { revision, changes }: ApplicationChangeView): ApplicationView {
  const values = new Map(Object.entries(settings.values));
  for (const { key, new: fresh } of changes) {
    if (fresh === undefined) values.delete(key);
    else values.set(key, fresh);
  }
  return { ...settings, revision, values: Object.fromEntries(values) };
}
