// What Bosun itself is and may do, as /proc tells it: by this a configuration that asks for more is refused before anything is
// started. What /proc does not tell is not held against the configuration.
import { readFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import type { ResourceName } from '../core/execution-spec.ts';
import { hasCapability, type CapabilityName } from './capability-names.ts';
import { parseCpuList } from './cpu-list.ts';

type IdRange = { readonly from: number; readonly to: number };

export type OwnPrivileges = {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly bounding: bigint;
  /** Limits and priorities take capabilities of the first user namespace only, capable(CAP_SYS_RESOURCE) in the kernel. */
  readonly userNamespace: 'first' | 'other';
  readonly uids: readonly IdRange[];
  readonly gids: readonly IdRange[];
  /** user_namespaces(7), /proc/PID/setgroups. */
  readonly setgroups: 'allowed' | 'denied';
  readonly hardLimits: ReadonlyMap<ResourceName, number>;
  /** fs.nr_open: nobody may have a higher limit of open files. */
  readonly mostOpenFiles: number;
  readonly nice: number;
  readonly oomScoreAdj: number;
  /** Undefined: not known. */
  readonly cpus: readonly number[] | undefined;
};

/** The texts of the files in /proc; '' for one that cannot be read. */
export type ProcTexts = Readonly<
  Record<'status' | 'limits' | 'oomScoreAdj' | 'uidMap' | 'gidMap' | 'setgroups' | 'mostOpenFiles', string>
>;

export type OwnIds = { readonly uid: number; readonly gid: number };

export async function readOwnPrivileges(): Promise<OwnPrivileges> {
  const read = (path: string): Promise<string> => readFile(`/proc/${path}`, 'utf8').catch(() => '');
  const [status, limits, oomScoreAdj, uidMap, gidMap, setgroups, mostOpenFiles] = await Promise.all([
    read('self/status'),
    read('self/limits'),
    read('self/oom_score_adj'),
    read('self/uid_map'),
    read('self/gid_map'),
    read('self/setgroups'),
    read('sys/fs/nr_open'),
  ]);
  const texts = { status, limits, oomScoreAdj, uidMap, gidMap, setgroups, mostOpenFiles };
  const ids = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  return parsePrivileges(texts, ids, getPriority());
}

export function parsePrivileges(texts: ProcTexts, ids: OwnIds, nice: number): OwnPrivileges {
  const capabilities = (field: string): bigint => parseCapabilities(texts.status, field, ids.uid);
  return {
    ...ids,
    groups: parseGroups(texts.status),
    effective: capabilities('CapEff'),
    permitted: capabilities('CapPrm'),
    bounding: capabilities('CapBnd'),
    userNamespace: ['', '0 0 4294967295'].includes(texts.uidMap.trim().replace(/\s+/g, ' '))
      ? 'first'
      : 'other',
    uids: parseIdMap(texts.uidMap),
    gids: parseIdMap(texts.gidMap),
    setgroups: texts.setgroups.trim() === 'deny' ? 'denied' : 'allowed',
    hardLimits: parseLimits(texts.limits),
    mostOpenFiles: Number(texts.mostOpenFiles.trim() || Infinity),
    nice,
    oomScoreAdj: Number(texts.oomScoreAdj.trim() || -1000),
    cpus: parseCpus(texts.status),
  };
}

/** For what concerns Bosun's own user namespace: users, groups, capabilities. */
export function mayHere({ effective }: OwnPrivileges, capability: CapabilityName): boolean {
  return hasCapability(effective, capability);
}

/** For what concerns the whole machine: limits and priorities. */
export function mayEverywhere(own: OwnPrivileges, capability: CapabilityName): boolean {
  return own.userNamespace === 'first' && mayHere(own, capability);
}

export function isMapped(ranges: readonly IdRange[], id: number): boolean {
  return ranges.some(({ from, to }) => id >= from && id <= to);
}

/** Node's process.getgroups() adds the primary group. */
function parseGroups(status: string): readonly number[] {
  const listed = /^Groups:(.*)$/m.exec(status)?.[1] ?? '';
  return listed
    .split(/\s+/)
    .filter((id) => id !== '')
    .map(Number);
}

/** Without /proc: root has all, everybody else none. */
function parseCapabilities(status: string, field: string, uid: number): bigint {
  const digits = new RegExp(`^${field}:\\s*([0-9a-f]{16})$`, 'm').exec(status)?.[1];
  if (digits !== undefined) return BigInt(`0x${digits}`);
  return uid === 0 ? -1n : 0n;
}

/** Lines of: first id inside, first id outside, how many. */
function parseIdMap(text: string): readonly IdRange[] {
  if (text === '') return [{ from: 0, to: Infinity }];
  return [...text.matchAll(/^\s*(\d+)\s+\d+\s+(\d+)$/gm)].map(([, from, count]) => ({
    from: Number(from),
    to: Number(from) + Number(count) - 1,
  }));
}

/** proc_pid_limits(5). */
const LIMIT_TITLES: Readonly<Record<string, ResourceName>> = {
  'Max cpu time': 'cpu',
  'Max file size': 'fsize',
  'Max data size': 'data',
  'Max stack size': 'stack',
  'Max core file size': 'core',
  'Max resident set': 'rss',
  'Max processes': 'nproc',
  'Max open files': 'nofile',
  'Max locked memory': 'memlock',
  'Max address space': 'as',
  'Max file locks': 'locks',
  'Max pending signals': 'sigpending',
  'Max msgqueue size': 'msgqueue',
  'Max nice priority': 'nice',
  'Max realtime priority': 'rtprio',
  'Max realtime timeout': 'rttime',
};

function parseLimits(text: string): ReadonlyMap<ResourceName, number> {
  const lines = [...text.matchAll(/^(Max [a-z ]+?) {2,}\S+ +(\S+)/gm)];
  return new Map(
    lines.flatMap(([, title = '', hard = '']) => {
      const resource = LIMIT_TITLES[title];
      return resource === undefined ? [] : [[resource, hard === 'unlimited' ? Infinity : Number(hard)]];
    }),
  );
}

function parseCpus(status: string): readonly number[] | undefined {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1];
  const parsed = list === undefined ? undefined : parseCpuList(list);
  return parsed?.kind === 'ok' ? parsed.value : undefined;
}
