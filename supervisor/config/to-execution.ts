// The keys of execution-schema.ts to the types of the core, once the names in them have been looked up.
import type { Execution, Identity, ResourceControl } from '../core/execution-spec.ts';
import { RESOURCE_NAMES } from './limits-schema.ts';
import type { ServiceFile } from './service-schema.ts';

type ExecutionKeys = Pick<ServiceFile, 'limits' | 'security' | 'nice' | 'io_priority' | 'cpu_affinity'>;

export function toExecution(file: ExecutionKeys, identity: Identity | undefined): Execution {
  const { limits, security } = file;
  return {
    identity,
    umask: security.umask,
    resourceLimits: RESOURCE_NAMES.flatMap((name) => limits[name] ?? []),
    nice: file.nice,
    ioPriority: toIoPriority(file.io_priority),
    cpuAffinity: file.cpu_affinity,
    oomScoreAdj: security.oom_score_adj,
    newPrivileges: security.no_new_privileges ? 'refused' : 'allowed',
    capabilities:
      security.capabilities === undefined
        ? { kind: 'unchanged' }
        : { kind: 'only', names: [...new Set(security.capabilities)] },
  };
}

/** ioprio_set(2): 4 is where the levels of the best-effort class begin with nice 0. */
const USUAL_LEVEL = 4;

function toIoPriority(written: ServiceFile['io_priority']): Execution['ioPriority'] {
  if (written === undefined) return undefined;
  if (written === 'idle' || written.class === 'idle') return { class: 'idle' };
  return { class: written.class, level: written.level ?? USUAL_LEVEL };
}

export function toResourceControl({ limits }: Pick<ServiceFile, 'limits'>): ResourceControl {
  const { memory, cpus, pids, io_weight } = limits;
  return { memoryMaxBytes: memory, cpus, pidsMax: pids, ioWeight: io_weight };
}
