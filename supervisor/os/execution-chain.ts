// What is exec'd before a service's program to put its Execution in place: the shell for what only a process can do to itself, then
// the tools of util-linux, each replacing the one before, so the pid stays. Pure; docs/explanation/decisions.md has the figures.
import type { Command } from '../core/argv.ts';
import type { Execution } from '../core/execution-spec.ts';
import { toolsFor, type ExecutionTool } from '../core/execution-tools.ts';

export type ChainRequest = {
  readonly command: Command;
  readonly environment: Readonly<Record<string, string>>;
  readonly execution: Execution;
  /** The cgroup.procs of the control group that the process is to join. */
  readonly joins: string | undefined;
  /** Bosun's own: nice(1) only adds to it. */
  readonly ownNice: number;
};

export type Chain = {
  /** The first tool is the program to spawn; a tool stands here by its name, as `toolPath` gives it. */
  readonly argv: readonly string[];
  /** What the tools see, and with it the program. */
  readonly environment: Readonly<Record<string, string>>;
};

/** Undefined when nothing has to be put in place: the program is spawned directly. */
export function executionChain(
  request: ChainRequest,
  toolPath: (tool: ExecutionTool) => string,
): Chain | undefined {
  const tools = toolsFor(request.execution, request.joins === undefined ? 'none' : 'joined');
  if (tools.length === 0) return undefined;
  const { withheld, environment } = divide(request.environment);
  const links = tools.map((tool) => ({ tool, args: argumentsOf(tool, request) }));
  // After setpriv: by then the service itself is acting, not Bosun.
  if (withheld.length > 0) links.push({ tool: 'env', args: withheld });
  const prefix = links.flatMap(({ tool, args }) => [toolPath(tool), ...args]);
  return { argv: [...prefix, ...request.command], environment };
}

function argumentsOf(tool: ExecutionTool, request: ChainRequest): readonly string[] {
  const { execution, ownNice } = request;
  switch (tool) {
    case 'sh':
      return ['-c', scriptOf(request), 'sh', ...(request.joins === undefined ? [] : [request.joins])];
    case 'prlimit':
      return [
        ...execution.resourceLimits.map(({ resource, soft, hard }) => `--${resource}=${soft}:${hard}`),
        '--',
      ];
    case 'ionice':
      return [...ioniceOptions(execution.ioPriority), '--'];
    case 'taskset':
      return ['-c', (execution.cpuAffinity ?? []).join(',')];
    case 'nice':
      return ['-n', String((execution.nice ?? ownNice) - ownNice), '--'];
    case 'setpriv':
      return [...setprivOptions(execution), '--'];
    case 'env':
      return [];
  }
}

/** A shell writes 0 to cgroup.procs for itself; 126 is its own code for what could not be executed. */
function scriptOf({ execution, environment, joins }: ChainRequest): string {
  const { oomScoreAdj, umask } = execution;
  const steps = [
    // dash(1) exports a PWD of its own making.
    ...(environment['PWD'] === undefined ? ['unset PWD'] : []),
    ...(joins === undefined ? [] : [attempt('echo 0 >"$1"', 'join the control group $1'), 'shift']),
    ...(oomScoreAdj === undefined
      ? []
      : [attempt(`echo ${oomScoreAdj} >/proc/self/oom_score_adj`, `set oom_score_adj to ${oomScoreAdj}`)]),
    ...(umask === undefined ? [] : [`umask ${umask.toString(8).padStart(4, '0')}`]),
    'exec "$@"',
  ];
  return steps.join('; ');
}

function attempt(command: string, what: string): string {
  return `{ ${command}; } 2>/dev/null || { echo "bosun: cannot ${what}" >&2; exit 126; }`;
}

/** ionice(1): 1 is realtime, 2 best-effort, 3 idle. */
function ioniceOptions(ioPriority: Execution['ioPriority']): readonly string[] {
  switch (ioPriority?.class) {
    case 'realtime':
      return ['-c', '1', '-n', String(ioPriority.level)];
    case 'best-effort':
      return ['-c', '2', '-n', String(ioPriority.level)];
    case 'idle':
    case undefined:
      return ['-c', '3'];
  }
}

function setprivOptions({ identity, newPrivileges, capabilities }: Execution): readonly string[] {
  return [
    ...(identity === undefined ? [] : ['--reuid', String(identity.uid), '--regid', String(identity.gid)]),
    ...(identity === undefined ? [] : groupOptions(identity.groups)),
    ...(capabilities.kind === 'only' ? capabilityOptions(capabilities.names) : []),
    ...(newPrivileges === 'refused' ? ['--no-new-privs'] : []),
  ];
}

function groupOptions(groups: readonly number[]): readonly string[] {
  return groups.length === 0 ? ['--clear-groups'] : ['--groups', groups.join(',')];
}

/** capabilities(7): a program without file capabilities keeps of another user's only the ambient ones, which must be inheritable. */
function capabilityOptions(names: readonly string[]): readonly string[] {
  const set = ['-all', ...names.map((name) => `+${name.toLowerCase()}`)].join(',');
  return [`--inh-caps=${set}`, `--ambient-caps=${set}`, `--bounding-set=${set}`];
}

/**
 * What makes the loader, the C library and shells do more than they otherwise would; the C library's own list is in
 * sysdeps/generic/unsecvars.h, the shell's in bash(1). A file of the service's user may hold such a variable, and the tools
 * run as Bosun.
 */
const WITHHELD =
  /^(LD_.*|GLIBC_TUNABLES|GCONV_PATH|GETCONF_DIR|LOCPATH|NLSPATH|MALLOC_TRACE|ENV|BASH_ENV|BASH_FUNC_.*|SHELLOPTS|BASHOPTS|PS4)$/;

function divide(environment: ChainRequest['environment']): {
  readonly withheld: readonly string[];
  readonly environment: ChainRequest['environment'];
} {
  const entries = Object.entries(environment);
  return {
    withheld: entries.filter(([name]) => WITHHELD.test(name)).map(([name, value]) => `${name}=${value}`),
    environment: Object.fromEntries(entries.filter(([name]) => !WITHHELD.test(name))),
  };
}
