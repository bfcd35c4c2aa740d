// Whether Bosun can give a service what it asks for: a tool that is missing, a privilege that Bosun does not have, a CPU that is not
// there. Found before anything is started; what only the kernel knows shows when the service does.
import type { Execution, ResourceLimit } from '../core/execution-spec.ts';
import { PACKAGE_OF, toolsFor, type ExecutionTool } from '../core/execution-tools.ts';
import { hasCapability, type CapabilityName } from './capability-names.ts';
import type { ExecutionFinding } from './identity.ts';
import { mayEverywhere, mayHere, type OwnPrivileges } from './own-privileges.ts';
import { valueAt } from './value-at.ts';
import type { Path, PlainValue } from './plain-value.ts';
import type { SystemFacts } from './system-facts.ts';

/** `written` is the file, by which a missing tool is shown at the key that needs it. */
export function checkExecution(
  execution: Execution,
  written: PlainValue,
  { own, tools }: SystemFacts,
): readonly ExecutionFinding[] {
  return [
    ...checkTools(execution, written, tools),
    ...execution.resourceLimits.flatMap((limit) => checkLimit(limit, own)),
    ...checkNice(execution, own),
    ...checkIoPriority(execution, own),
    ...checkCpus(execution, own),
    ...checkOomScore(execution, own),
    ...checkCapabilities(execution, own),
  ];
}

const KEYS_OF: Readonly<Record<ExecutionTool, readonly Path[]>> = {
  sh: [
    ['security', 'umask'],
    ['security', 'oom_score_adj'],
  ],
  prlimit: [['limits']],
  ionice: [['io_priority']],
  taskset: [['cpu_affinity']],
  nice: [['nice']],
  setpriv: [['user'], ['group'], ['groups'], ['security', 'capabilities'], ['security', 'no_new_privileges']],
  env: [],
};

function checkTools(
  execution: Execution,
  written: PlainValue,
  tools: ReadonlySet<ExecutionTool>,
): readonly ExecutionFinding[] {
  return toolsFor(execution, 'none')
    .filter((tool) => !tools.has(tool))
    .map((tool) => ({
      path: KEYS_OF[tool].find((path) => valueAt(written, path) !== undefined) ?? [],
      message: `this needs the program ${tool}, which is not installed`,
      remedy: `Install the package ${PACKAGE_OF[tool]} in the image, or remove the key.`,
    }));
}

function checkLimit({ resource, hard }: ResourceLimit, own: OwnPrivileges): readonly ExecutionFinding[] {
  const path = ['limits', resource];
  const wanted = hard === 'unlimited' ? Infinity : hard;
  const present = own.hardLimits.get(resource) ?? Infinity;
  if (resource === 'nofile' && wanted > own.mostOpenFiles) {
    const message = `${hard} open files are more than the kernel allows anybody: ${own.mostOpenFiles} (fs.nr_open)`;
    return [{ path, message, remedy: `Write at most ${own.mostOpenFiles}.` }];
  }
  if (wanted <= present || mayEverywhere(own, 'SYS_RESOURCE')) return [];
  return [
    {
      path,
      message: `to raise the hard limit of ${resource} from ${present} to ${hard} needs the privilege CAP_SYS_RESOURCE, which Bosun does not have`,
      remedy: `Write at most ${present}, or give the container more: docker run --ulimit ${resource}=${hard}.`,
    },
  ];
}

function checkNice({ nice }: Execution, own: OwnPrivileges): readonly ExecutionFinding[] {
  // getrlimit(2): RLIMIT_NICE of n lets it go down to 20 - n.
  const lowest = Math.min(own.nice, 20 - (own.hardLimits.get('nice') ?? 0));
  if (nice === undefined || nice >= lowest) return [];
  return privilege(['nice'], `a nice value of ${nice}, below Bosun's own of ${own.nice},`, ['SYS_NICE'], own);
}

function checkIoPriority({ ioPriority }: Execution, own: OwnPrivileges): readonly ExecutionFinding[] {
  if (ioPriority?.class !== 'realtime') return [];
  return privilege(['io_priority'], 'the class realtime', ['SYS_NICE', 'SYS_ADMIN'], own);
}

function checkOomScore({ oomScoreAdj }: Execution, own: OwnPrivileges): readonly ExecutionFinding[] {
  if (oomScoreAdj === undefined || oomScoreAdj >= own.oomScoreAdj) return [];
  const what = `an oom_score_adj of ${oomScoreAdj}, below Bosun's own of ${own.oomScoreAdj},`;
  return privilege(['security', 'oom_score_adj'], what, ['SYS_RESOURCE'], own);
}

function privilege(
  path: Path,
  what: string,
  oneOf: readonly CapabilityName[],
  own: OwnPrivileges,
): readonly ExecutionFinding[] {
  if (oneOf.some((capability) => mayEverywhere(own, capability))) return [];
  const [first] = oneOf;
  const where = own.userNamespace === 'first' ? '' : ' outside of this user namespace';
  return [
    {
      path,
      message: `${what} needs the privilege CAP_${String(first)}${where}, which Bosun does not have`,
      remedy: `Give the container the capability ${String(first)}, or choose a value that needs none.`,
    },
  ];
}

/** sched_setaffinity(2) takes a list of which at least one is there, and leaves the others out. */
function checkCpus({ cpuAffinity }: Execution, { cpus }: OwnPrivileges): readonly ExecutionFinding[] {
  const missing = (cpuAffinity ?? []).filter((cpu) => cpus?.includes(cpu) === false);
  if (missing.length === 0 || cpus === undefined) return [];
  const path = ['cpu_affinity'];
  const remedy = `Bosun may use these: ${cpus.join(', ')}.`;
  const message = `${missing.length === 1 ? 'CPU' : 'CPUs'} ${missing.join(', ')} cannot be used here`;
  if (missing.length === cpuAffinity?.length) return [{ path, message, remedy }];
  return [{ path, severity: 'warning', message: `${message}; the service runs on the others`, remedy }];
}

function checkCapabilities({ capabilities }: Execution, own: OwnPrivileges): readonly ExecutionFinding[] {
  if (capabilities.kind === 'unchanged') return [];
  const path = ['security', 'capabilities'];
  const missing = capabilities.names.filter((name) => !isOwn(name as CapabilityName, own));
  if (missing.length > 0) {
    const message = `Bosun cannot give away what it does not have: ${missing.join(', ')}`;
    return [
      { path, message, remedy: `Give it to the container: docker run --cap-add ${missing.join(',')}.` },
    ];
  }
  if (mayHere(own, 'SETPCAP')) return [];
  return [
    {
      path,
      message:
        'to take capabilities away for good needs the privilege CAP_SETPCAP, which Bosun does not have',
      remedy:
        'Give the container the capability SETPCAP, or remove the key; no_new_privileges needs no privilege.',
    },
  ];
}

function isOwn(name: CapabilityName, { permitted, bounding }: OwnPrivileges): boolean {
  return hasCapability(permitted, name) && hasCapability(bounding, name);
}
