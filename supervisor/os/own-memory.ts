// Whether the OOM killer has taken somebody of the control group in which Bosun stands, which is the container: for the runs that have
// no group of their own. Reads one small file of the kernel, and only when a run was killed. cgroups(7); the kernel's
// cgroup-v1/memory.rst and cgroup-v2.rst.
import { posix } from 'node:path';
import type { ControlFiles } from './control-files.ts';
import { withoutLeaf } from './own-cgroup.ts';

/** The hierarchy that has the memory controller, and its file with a line `oom_kill N`. */
const VERSIONS = [
  { type: 'cgroup2', controllers: '', file: 'memory.events' },
  { type: 'cgroup', controllers: 'memory', file: 'memory.oom_control' },
] as const;

type Version = (typeof VERSIONS)[number];

export class OwnMemory {
  readonly #files: Pick<ControlFiles, 'read'>;
  readonly #path: string | undefined;
  #kills: number;

  constructor(files: Pick<ControlFiles, 'read'>) {
    this.#files = files;
    this.#path = VERSIONS.map((version) => this.#find(version)).find((path) => path !== undefined);
    this.#kills = this.#count();
  }

  /** Since this was asked last. The count is of all processes of the container, and does not say which. */
  wasHitByOom(): boolean {
    const before = this.#kills;
    this.#kills = this.#count();
    return this.#kills > before;
  }

  #count(): number {
    return this.#path === undefined ? 0 : (this.#read(this.#path) ?? 0);
  }

  #read(path: string): number | undefined {
    const read = this.#files.read(path);
    const count = read.ok ? /^oom_kill (\d+)$/m.exec(read.value)?.[1] : undefined;
    return count === undefined ? undefined : Number(count);
  }

  /** Of the root of a hierarchy there is no such file. */
  #find({ type, controllers, file }: Version): string | undefined {
    const groups = this.#files.read('/proc/self/cgroup');
    const mounts = this.#files.read('/proc/self/mountinfo');
    if (!groups.ok || !mounts.ok) return undefined;
    const own = ownPath(groups.value, controllers);
    const mount = mounts.value.split('\n').find((line) => isOf(line, type, controllers));
    if (own === undefined || mount === undefined) return undefined;
    const [, , , root = '', point = ''] = mount.split(' ');
    // Docker shows a container its own group as the root of the mount, under the name that it has outside.
    const path = posix.join(point, own.startsWith(root) ? posix.relative(root, own) : '', file);
    return this.#read(path) === undefined ? undefined : path;
  }
}

/** A line is `ID:CONTROLLERS:PATH`, without controllers in version 2. */
function ownPath(groups: string, controllers: string): string | undefined {
  for (const line of groups.split('\n')) {
    const [, names = '', ...path] = line.split(':');
    if (path.length > 0 && (names === controllers || names.split(',').includes(controllers)))
      return withoutLeaf(path.join(':'));
  }
  return undefined;
}

/** proc_pid_mountinfo(5): after the "-" come the type, the source and the options, in version 1 with the controllers. */
function isOf(line: string, type: string, controllers: string): boolean {
  const [, after = ''] = line.split(' - ');
  const [itsType, , options = ''] = after.split(' ');
  return itsType === type && (controllers === '' || options.split(',').includes(controllers));
}
