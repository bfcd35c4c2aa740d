// In what context the processes of a service run: as whom, with which limits and privileges, in which control group.
// Names are looked up when the configuration is loaded, so that nothing here has to be asked of the system again.

/** RLIMIT_* of getrlimit(2), in lower case. */
export type ResourceName =
  | 'as'
  | 'core'
  | 'cpu'
  | 'data'
  | 'fsize'
  | 'locks'
  | 'memlock'
  | 'msgqueue'
  | 'nice'
  | 'nofile'
  | 'nproc'
  | 'rss'
  | 'rtprio'
  | 'rttime'
  | 'sigpending'
  | 'stack';

/** Numbers in the kernel's own unit (bytes, seconds, a count). */
export type ResourceLimit = {
  readonly resource: ResourceName;
  readonly soft: number | 'unlimited';
  readonly hard: number | 'unlimited';
};

export type Identity = {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, all of them. */
  readonly groups: readonly number[];
};

/** What is applied to each process before its first instruction. Undefined: as Bosun itself has it. */
export type Execution = {
  readonly identity: Identity | undefined;
  readonly umask: number | undefined;
  readonly resourceLimits: readonly ResourceLimit[];
  /** -20 to 19, see setpriority(2). */
  readonly nice: number | undefined;
  /** See ioprio_set(2): class, and for realtime and best-effort a level from 0 to 7. */
  readonly ioPriority:
    | { readonly class: 'realtime' | 'best-effort'; readonly level: number }
    | { readonly class: 'idle' }
    | undefined;
  /** The CPUs it may use, as a list of numbers. */
  readonly cpuAffinity: readonly number[] | undefined;
  /** -1000 to 1000, see proc_pid_oom_score_adj(5). */
  readonly oomScoreAdj: number | undefined;
  readonly newPrivileges: 'allowed' | 'refused';
  /** `only`: these and no others, without the CAP_ prefix, in upper case; see capabilities(7). */
  readonly capabilities:
    { readonly kind: 'unchanged' } | { readonly kind: 'only'; readonly names: readonly string[] };
};

/** The files of a version 2 control group that are written; undefined leaves one alone. */
export type ResourceControl = {
  readonly memoryMaxBytes: number | undefined;
  /** CPUs: 1.5 is one and a half. */
  readonly cpus: number | undefined;
  readonly pidsMax: number | undefined;
  /** Relative share from 1 to 10000; io.weight. */
  readonly ioWeight: number | undefined;
};

export const PLAIN_EXECUTION: Execution = {
  identity: undefined,
  umask: undefined,
  resourceLimits: [],
  nice: undefined,
  ioPriority: undefined,
  cpuAffinity: undefined,
  oomScoreAdj: undefined,
  newPrivileges: 'allowed',
  capabilities: { kind: 'unchanged' },
};

export const NO_RESOURCE_CONTROL: ResourceControl = {
  memoryMaxBytes: undefined,
  cpus: undefined,
  pidsMax: undefined,
  ioWeight: undefined,
};
