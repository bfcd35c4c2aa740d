// Looks once for a process that Bosun did not start: through all of /proc, or where a pid file says. Of several it is the topmost, then the
// oldest. Never Bosun itself or anything that descends from it: its services, its jobs, what those have left behind.
import type { ProcessQuery } from '../core/attachment.ts';
import type { Pid } from '../core/names.ts';
import type { Stray } from '../core/stray.ts';
import { listPids, pidIn, readStat } from './process-details.ts';
import { describeQuery, type Examined, type ProcessMatcher } from './process-query.ts';
import type { ProcessIdentity, ProcessStat } from './procfs.ts';

export type Sought =
  | { readonly kind: 'found'; readonly process: ProcessIdentity; readonly others: readonly Stray[] }
  /** `finding`: why, for people. */
  | { readonly kind: 'none'; readonly finding: string };

/** How far up the ancestors of a process are asked for. */
const MOST_ANCESTORS = 64;
/** Of those that were not chosen, so many are named. */
const MOST_NAMES = 8;

export async function searchProcess(query: ProcessQuery, matcher: ProcessMatcher, own: Pid): Promise<Sought> {
  const { pidFile } = query;
  return pidFile === undefined
    ? await searchEverywhere(query, matcher, own)
    : await searchByFile(pidFile, matcher, own);
}

async function searchByFile(path: string, matcher: ProcessMatcher, own: Pid): Promise<Sought> {
  const read = await pidIn(path);
  if (!read.ok)
    return none(read.errno === 'ENOENT' ? `${path} does not exist` : `${path} cannot be read: ${read.errno}`);
  const pid = read.value;
  if (pid === undefined) return none(`${path} holds no process id`);
  const named = `pid ${pid}, which ${path} names,`;
  const examined = await matcher.examine(pid);
  if (examined.kind !== 'match') return none(`${named} ${whyNot(examined)}`);
  const lineage = new Lineage();
  const stat = await lineage.stat(pid);
  if (stat?.state !== 'alive') return none(`${named} ${whyNot({ kind: 'gone' })}`);
  if (pid === own || (await lineage.ancestors(pid)).includes(own))
    return none(`${named} is Bosun itself, or was started by it`);
  return { kind: 'found', process: stat, others: [] };
}

function whyNot(examined: Exclude<Examined, { kind: 'match' }>): string {
  switch (examined.kind) {
    case 'other':
      return `is another one: ${examined.why}`;
    case 'gone':
      return 'is not there';
    case 'unreadable':
      return `cannot be looked at: ${unreadable(examined)}`;
  }
}

async function searchEverywhere(query: ProcessQuery, matcher: ProcessMatcher, own: Pid): Promise<Sought> {
  const listed = await listPids();
  if (!listed.ok) return none(`/proc cannot be listed: ${listed.errno}`);
  const matches: Pid[] = [];
  let hidden: string | undefined;
  for (const pid of listed.value) {
    if (pid === own) continue;
    const examined = await matcher.examine(pid);
    if (examined.kind === 'match') matches.push(pid);
    else if (examined.kind === 'unreadable') hidden ??= unreadable(examined);
  }
  const [first, ...others] = await topmost(matches, own);
  if (first !== undefined) return { kind: 'found', process: first, others: named(others) };
  const why =
    matches.length > 0
      ? `only what Bosun has started itself ${describeQuery(query)}`
      : `no process ${describeQuery(query)}`;
  return none(hidden === undefined ? why : `${why}, and some cannot be looked at: ${hidden}`);
}

function unreadable({ file, errno }: Extract<Examined, { kind: 'unreadable' }>): string {
  const hint = errno === 'EACCES' || errno === 'EPERM' ? ' (it runs as another user)' : '';
  return `/proc/PID/${file}: ${errno}${hint}`;
}

/** Those that live and that none of the others has started, the oldest first. */
async function topmost(pids: readonly Pid[], own: Pid): Promise<readonly ProcessStat[]> {
  const lineage = new Lineage();
  const all = new Set(pids);
  const top: ProcessStat[] = [];
  for (const pid of pids) {
    const stat = await lineage.stat(pid);
    const ancestors = await lineage.ancestors(pid);
    if (stat?.state !== 'alive' || ancestors.includes(own)) continue;
    if (!ancestors.some((ancestor) => all.has(ancestor))) top.push(stat);
  }
  return top.sort(byAge);
}

function byAge(a: ProcessStat, b: ProcessStat): number {
  return a.startTime - b.startTime || a.pid - b.pid;
}

function named(stats: readonly ProcessStat[]): readonly Stray[] {
  return stats.slice(0, MOST_NAMES).map(({ pid, name }) => ({ pid, name }));
}

function none(finding: string): Sought {
  return { kind: 'none', finding };
}

/** Who has started whom, asked once for each process. */
class Lineage {
  readonly #stats = new Map<Pid, ProcessStat | undefined>();

  async stat(pid: Pid): Promise<ProcessStat | undefined> {
    if (!this.#stats.has(pid)) this.#stats.set(pid, await readStat(pid));
    return this.#stats.get(pid);
  }

  /** The nearest first. */
  async ancestors(pid: Pid): Promise<readonly Pid[]> {
    const found: Pid[] = [];
    for (let at = await this.stat(pid); at !== undefined && at.parent > 0 && found.length < MOST_ANCESTORS;) {
      found.push(at.parent);
      at = await this.stat(at.parent);
    }
    return found;
  }
}
