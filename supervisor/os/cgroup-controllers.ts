// Makes controllers of cgroup v2 available to the groups of services. They are there for a group only when every group above it hands
// them on, and a group that does may hold no process itself: those of Bosun's own move to a leaf. See cgroups(7).
import { posix } from 'node:path';
import { parseStatLine } from '../core/process-stat.ts';
import type { ControlFiles } from './control-files.ts';
import { BOSUN_LEAF, type OwnGroup } from './own-cgroup.ts';

export type GroupPlace = {
  readonly own: Extract<OwnGroup, { kind: 'found' }>;
  /** Bosun's, below its own; the services' are below this one. */
  readonly parent: string;
  /** As PID 1 every process in the group is ours; elsewhere only those that descend from us. */
  readonly place: 'pid1' | 'below';
};

const MOST_ATTEMPTS = 3;
const MOST_ANCESTORS = 64;

/** Why a controller is not available, by its name; those that are not named are. */
export function enableControllers(
  files: ControlFiles,
  place: GroupPlace,
  controllers: readonly string[],
): ReadonlyMap<string, string> {
  const available = wordsOf(files, posix.join(place.own.directory, 'cgroup.controllers'));
  const others = available.length === 0 ? 'none' : available.join(', ');
  return new Map(
    controllers.flatMap((controller) => {
      const trouble = available.includes(controller)
        ? handOn(files, place, controller)
        : `the ${controller} controller is not available (there is ${others})`;
      return trouble === undefined ? [] : [[controller, trouble]];
    }),
  );
}

function handOn(files: ControlFiles, place: GroupPlace, controller: string): string | undefined {
  const { own, parent } = place;
  for (const directory of [own.directory, parent]) {
    const path = posix.join(directory, 'cgroup.subtree_control');
    if (wordsOf(files, path).includes(controller)) continue;
    const isOccupied = directory === own.directory && own.level === 'below';
    const trouble = enable(files, path, controller, () => (isOccupied ? vacate(files, place) : undefined));
    if (trouble !== undefined) return trouble;
  }
  return undefined;
}

function enable(
  files: ControlFiles,
  path: string,
  controller: string,
  prepare: () => string | undefined,
): string | undefined {
  let errno = '';
  // EBUSY: somebody may have forked in the group since it was vacated.
  for (let attempt = 0; attempt < MOST_ATTEMPTS && (attempt === 0 || errno === 'EBUSY'); attempt++) {
    const trouble = prepare();
    if (trouble !== undefined) return trouble;
    const written = files.write(path, `+${controller}`);
    if (written.ok) return undefined;
    errno = written.errno;
  }
  return `the ${controller} controller cannot be enabled in ${path} (${errno})`;
}

function vacate(files: ControlFiles, { own, parent, place }: GroupPlace): string | undefined {
  const path = posix.join(own.directory, 'cgroup.procs');
  const pids = wordsOf(files, path);
  // 0 is somebody whom this PID namespace does not see.
  const isForeign = (pid: string): boolean => pid === '0' || (place === 'below' && !isOurs(files, pid));
  if (pids.some(isForeign)) return `${path} has processes that are not Bosun's`;
  const leaf = posix.join(parent, BOSUN_LEAF);
  const made = files.makeDirectory(leaf);
  if (!made.ok && made.errno !== 'EEXIST') return `${leaf} cannot be made (${made.errno})`;
  for (const pid of pids) {
    const moved = files.write(posix.join(leaf, 'cgroup.procs'), pid);
    // ESRCH: it has ended meanwhile.
    if (!moved.ok && moved.errno !== 'ESRCH')
      return `process ${pid} cannot be moved to ${leaf} (${moved.errno})`;
  }
  return undefined;
}

function isOurs(files: ControlFiles, pid: string): boolean {
  let ancestor: string | undefined = pid;
  for (let n = 0; n < MOST_ANCESTORS && ancestor !== undefined; n++) {
    if (ancestor === String(process.pid)) return true;
    ancestor = parentOf(files, ancestor);
  }
  return false;
}

function parentOf(files: ControlFiles, pid: string): string | undefined {
  const stat = files.read(`/proc/${pid}/stat`);
  return stat.ok ? String(parseStatLine(stat.value).parent) : undefined;
}

function wordsOf(files: ControlFiles, path: string): readonly string[] {
  const read = files.read(path);
  return read.ok ? read.value.split(/\s+/).filter((word) => word !== '') : [];
}
