// Which tools of the system put an Execution in place, in the order in which they exec each other. One list for the check of the
// configuration and for the launch, so that what was checked is what is run.
import type { Execution } from './execution-spec.ts';

/** Those that an Execution asks for, and `env`, for what the tools themselves must not see. */
export type ExecutionTool = 'sh' | 'prlimit' | 'ionice' | 'taskset' | 'nice' | 'setpriv' | 'env';

/** As Debian and its descendants name the packages. */
export const PACKAGE_OF: Readonly<Record<ExecutionTool, string>> = {
  sh: 'dash',
  prlimit: 'util-linux',
  ionice: 'util-linux',
  taskset: 'util-linux',
  nice: 'coreutils',
  setpriv: 'util-linux',
  env: 'coreutils',
};

/** Not PATH: these programs run with the privileges of Bosun. */
export const TOOL_DIRECTORIES: readonly string[] = [
  '/usr/bin',
  '/bin',
  '/usr/sbin',
  '/sbin',
  '/usr/local/bin',
];

/** setpriv is the last: what comes before it may need the privileges that it gives up. */
export function toolsFor(execution: Execution, group: 'joined' | 'none'): readonly ExecutionTool[] {
  const { umask, oomScoreAdj, resourceLimits, ioPriority, cpuAffinity, nice } = execution;
  const wanted: Readonly<Record<Exclude<ExecutionTool, 'env'>, boolean>> = {
    sh: group === 'joined' || umask !== undefined || oomScoreAdj !== undefined,
    prlimit: resourceLimits.length > 0,
    ionice: ioPriority !== undefined,
    taskset: cpuAffinity !== undefined,
    nice: nice !== undefined,
    setpriv: changesPrivileges(execution),
  };
  return CHAIN_ORDER.filter((tool) => wanted[tool]);
}

const CHAIN_ORDER = ['sh', 'prlimit', 'ionice', 'taskset', 'nice', 'setpriv'] as const;

function changesPrivileges({ identity, newPrivileges, capabilities }: Execution): boolean {
  return identity !== undefined || newPrivileges === 'refused' || capabilities.kind === 'only';
}
