// The table of `bosunctl top`: one line for each service, sorted, cut to the width. Only what the API knows: no processor time and no
// memory as long as nobody measures them.
import { describeDuration } from '../wire/duration.ts';
import type { ServicesView, ServiceView } from '../wire/service-view.ts';
import { noteOf, printable, shorten, sinceText, STYLES } from './status-table.ts';
import type { Terminal } from './terminal.ts';

export type SortKey = 'name' | 'state' | 'pid' | 'restarts' | 'uptime' | 'changed';
export type Sorting = { readonly key: SortKey; readonly order: 'usual' | 'reverse' };

/** The key to press; also what is told at the foot. */
export const SORT_KEYS: ReadonlyMap<string, SortKey> = new Map([
  ['n', 'name'],
  ['s', 'state'],
  ['p', 'pid'],
  ['r', 'restarts'],
  ['u', 'uptime'],
  ['c', 'changed'],
]);

/** What needs somebody comes first. */
const URGENCY: Readonly<Record<ServiceView['state'], number>> = {
  failed: 0,
  backoff: 1,
  unready: 2,
  stopping: 3,
  starting: 4,
  waiting: 5,
  running: 6,
  scheduled: 7,
  completed: 8,
  stopped: 9,
  skipped: 10,
};

/** Smaller first; what there is most of first, where that is what one looks for. */
const RANKS: Readonly<Record<SortKey, (view: ServiceView) => number>> = {
  name: () => 0,
  state: ({ state }) => URGENCY[state],
  pid: ({ pid }) => pid ?? Infinity,
  restarts: ({ restarts }) => -restarts,
  uptime: ({ started_at: startedAt }) => (startedAt === null ? Infinity : Date.parse(startedAt)),
  changed: ({ since }) => (since === null ? Infinity : -Date.parse(since)),
};

export function sortServices(
  services: readonly ServiceView[],
  { key, order }: Sorting,
): readonly ServiceView[] {
  const ranks = new Map(services.map((view) => [view.name, RANKS[key](view)]));
  const sorted = services.toSorted(
    (a, b) => compare(ranks.get(a.name), ranks.get(b.name)) || compare(a.name, b.name),
  );
  return order === 'usual' ? sorted : sorted.reverse();
}

function compare<T extends number | string>(a: T | undefined, b: T | undefined): number {
  if (a === b || a === undefined || b === undefined) return 0;
  return a < b ? -1 : 1;
}

const LEAST_NOTE = 14;
const USUAL_NAME = 20;
const HEAD = ['NAME', 'STATE', 'PID', 'RESTARTS', 'UPTIME', 'CHANGED', 'NOTE'] as const;
const GAPS = 2 * (HEAD.length - 1);

/** The head and then one line for each, of at most `columns`. */
export function topLines(
  services: readonly ServiceView[],
  { paint }: Pick<Terminal, 'paint'>,
  { columns, nowMs }: { readonly columns: number; readonly nowMs: number },
): readonly string[] {
  const rows = services.map((view) => rowOf(view, nowMs));
  const widths = HEAD.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const fixed = widths.slice(1, -1).reduce((sum, width) => sum + width, 0) + GAPS;
  const note = Math.max(...rows.map((row) => row.at(-1)?.length ?? 0), LEAST_NOTE);
  // What the note does not need goes to long names.
  const room = Math.min(columns - fixed - LEAST_NOTE, Math.max(USUAL_NAME, columns - fixed - note));
  const nameWidth = Math.max(8, Math.min(widths[0] ?? 0, room));
  const noteWidth = Math.max(0, columns - fixed - nameWidth);
  const lineOf = (row: readonly string[], paintState: (text: string) => string): string => {
    const cells = row.slice(1, -1).map((text, index) => text.padEnd(widths[index + 1] ?? 0));
    const [state = '', ...others] = cells;
    const name = shorten(row[0] ?? '', nameWidth).padEnd(nameWidth);
    return [name, paintState(state), ...others, shorten(row.at(-1) ?? '', noteWidth)].join('  ').trimEnd();
  };
  const head = paint(
    'bold',
    lineOf(HEAD, (text) => text),
  );
  const styleOf = (index: number) => STYLES[services[index]?.state ?? 'stopped'];
  return [head, ...rows.map((row, index) => lineOf(row, (text) => paint(styleOf(index), text)))];
}

function rowOf(view: ServiceView, nowMs: number): readonly string[] {
  const { name, state, pid, restarts, started_at: startedAt } = view;
  const uptime = startedAt === null ? '-' : describeDuration(nowMs - Date.parse(startedAt));
  const changed = sinceText(view, nowMs);
  return [
    name,
    state,
    pid === null ? '-' : String(pid),
    String(restarts),
    uptime,
    changed,
    printable(noteOf(view)),
  ];
}

/** How many there are in each state, the most urgent first. */
export function countStates({ phase, services }: ServicesView): string {
  const groups = [...Map.groupBy(services, ({ state }) => state)].sort(([a], [b]) => URGENCY[a] - URGENCY[b]);
  const counts = groups.map(([state, views]) => `${views.length} ${state}`).join(', ');
  const total = `${services.length} ${services.length === 1 ? 'service' : 'services'}`;
  return `Bosun is ${phase}. ${total}${counts === '' ? '' : `: ${counts}`}`;
}
