// Makes the control groups of services and jobs that ask for resource control, in a cgroup v2 hierarchy that is writable; what cannot be done
// is told in words, and the service runs without it. Nothing is touched before a service asks. See cgroups(7).
import { posix } from 'node:path';
import type { ResourceControl } from '../core/execution-spec.ts';
import { ControlGroup } from './control-group.ts';
import type { ControlFiles } from './control-files.ts';
import { enableControllers } from './cgroup-controllers.ts';
import { BOSUN_GROUP, findOwnGroup } from './own-cgroup.ts';
import { OwnMemory } from './own-memory.ts';

export type OpenedGroup = {
  readonly group: ControlGroup | undefined;
  /** What was asked for and is not in force, in words. */
  readonly degraded: readonly string[];
};

/** `name`: of the group, among those of Bosun. */
export type ServiceGroups = { open(name: string, wanted: ResourceControl): OpenedGroup };

/** One file of a group; `text` is undefined where the service does not ask for it. */
type Setting = {
  readonly key: string;
  readonly controller: string;
  readonly file: string;
  readonly text: string | undefined;
  readonly unset: string;
};

export class CgroupServiceGroups implements ServiceGroups {
  readonly #files: ControlFiles;
  readonly #place: 'pid1' | 'below';
  /** Of the group that all runs are in which have none of their own. */
  readonly memory: OwnMemory;

  constructor(files: ControlFiles, place: 'pid1' | 'below') {
    this.#files = files;
    this.memory = new OwnMemory(files);
    this.#place = place;
  }

  open(name: string, wanted: ResourceControl): OpenedGroup {
    const settings = settingsOf(wanted);
    const asked = settings.filter(({ text }) => text !== undefined);
    if (asked.length === 0) return { group: undefined, degraded: [] };
    const own = findOwnGroup(this.#files);
    if (own.kind === 'absent') return nothing(asked, own.reason);
    const parent = posix.join(own.directory, BOSUN_GROUP);
    const made = this.#files.makeDirectory(parent);
    if (!made.ok && made.errno !== 'EEXIST')
      return nothing(asked, `${own.directory} is not writable (${made.errno})`);
    const place = { own, parent, place: this.#place };
    const controllers = asked.map(({ controller }) => controller);
    const troubles = enableControllers(this.#files, place, controllers);
    const directory = posix.join(parent, name);
    const state = this.#makeGroup(directory);
    if (state.kind === 'failed') return nothing(asked, state.reason);
    const degraded = settings.flatMap((setting) => this.#apply(directory, setting, state.kind, troubles));
    return { group: new ControlGroup(this.#files, directory), degraded };
  }

  /** One that is left of an earlier run is made anew, unless somebody still lives in it. */
  #makeGroup(directory: string): { readonly kind: 'fresh' | 'reused' } | { kind: 'failed'; reason: string } {
    this.#files.removeDirectory(directory);
    const made = this.#files.makeDirectory(directory);
    if (!made.ok && made.errno !== 'EEXIST')
      return { kind: 'failed', reason: `${directory} cannot be made (${made.errno})` };
    const type = this.#files.read(posix.join(directory, 'cgroup.type'));
    if (type.ok && type.value.trim() !== 'domain') {
      this.#files.removeDirectory(directory);
      return { kind: 'failed', reason: `${directory} is of the type "${type.value.trim()}"` };
    }
    return { kind: made.ok ? 'fresh' : 'reused' };
  }

  #apply(
    directory: string,
    { key, controller, file, text, unset }: Setting,
    state: 'fresh' | 'reused',
    troubles: ReadonlyMap<string, string>,
  ): readonly string[] {
    const path = posix.join(directory, file);
    if (text === undefined) {
      // What an earlier run had, this one does not ask for.
      if (state === 'reused') this.#files.write(path, unset);
      return [];
    }
    const trouble = troubles.get(controller);
    const written = trouble === undefined ? this.#files.write(path, text) : undefined;
    if (written?.ok === true) return [];
    return [notApplied(key, trouble ?? `${path} cannot be written (${written?.errno ?? ''})`)];
  }
}

function nothing(asked: readonly Setting[], reason: string): OpenedGroup {
  return { group: undefined, degraded: asked.map(({ key }) => notApplied(key, reason)) };
}

function notApplied(key: string, reason: string): string {
  return `${key} is not applied: ${reason}`;
}

const CPU_PERIOD_US = 100_000;

function settingsOf({ memoryMaxBytes, cpus, pidsMax, ioWeight }: ResourceControl): readonly Setting[] {
  const quota = cpus === undefined ? undefined : `${Math.round(cpus * CPU_PERIOD_US)} ${CPU_PERIOD_US}`;
  return [
    {
      key: 'limits.memory',
      controller: 'memory',
      file: 'memory.max',
      text: memoryMaxBytes?.toString(),
      unset: 'max',
    },
    { key: 'limits.cpus', controller: 'cpu', file: 'cpu.max', text: quota, unset: 'max' },
    { key: 'limits.pids', controller: 'pids', file: 'pids.max', text: pidsMax?.toString(), unset: 'max' },
    {
      key: 'limits.io_weight',
      controller: 'io',
      file: 'io.weight',
      text: ioWeight?.toString(),
      unset: '100',
    },
  ];
}
