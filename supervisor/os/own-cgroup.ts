// Where Bosun itself stands in the version 2 hierarchy of control groups, as /proc tells it: cgroups(7), proc_pid_mountinfo(5).
// Changes nothing.
import { posix } from 'node:path';
import type { ControlFiles } from './control-files.ts';

/** The group in which Bosun was started; later it stands in a leaf below, see service-groups.ts. */
export type OwnGroup =
  | {
      readonly kind: 'found';
      readonly directory: string;
      /** The root of the whole hierarchy may hold processes and groups at once; no other group may. */
      readonly level: 'root' | 'below';
    }
  | { readonly kind: 'absent'; readonly reason: string };

/** What Bosun makes in its own group; services are named below it, and no service is called like its leaf. */
export const BOSUN_GROUP = 'bosun';
export const BOSUN_LEAF = '_self';

type Mount = { readonly root: string; readonly point: string; readonly access: 'rw' | 'ro' };

export function findOwnGroup(files: Pick<ControlFiles, 'read'>): OwnGroup {
  const own = files.read('/proc/self/cgroup');
  const mounted = files.read('/proc/self/mountinfo');
  const unread = [own, mounted].find((read) => !read.ok && read.errno !== 'ENOENT');
  if (unread?.ok === false) return absent(`/proc cannot be read (${unread.errno})`);
  const path = own.ok ? ownPath(own.value) : undefined;
  const mounts = mounted.ok ? mounted.value.split('\n').flatMap(parseMount) : [];
  if (path === undefined || mounts.length === 0) return absent('there is no cgroup v2 hierarchy here');
  const seen = mounts.filter((mount) => isBelow(path, mount.root));
  const mount = seen.find(({ access }) => access === 'rw') ?? seen[0];
  if (mount === undefined)
    return absent('Bosun stands outside of the cgroup v2 hierarchy that is mounted here');
  if (mount.access === 'ro') return absent(`${mount.point} is mounted read-only`);
  const directory = posix.join(mount.point, posix.relative(mount.root, path));
  // Every group but the root has a type.
  const level = files.read(posix.join(directory, 'cgroup.type')).ok ? 'below' : 'root';
  return { kind: 'found', directory, level };
}

function absent(reason: string): OwnGroup {
  return { kind: 'absent', reason };
}

function ownPath(groups: string): string | undefined {
  const path = /^0::(\/.*)$/m.exec(groups)?.[1];
  return path === undefined ? undefined : withoutLeaf(path);
}

/** Without the leaf that Bosun has moved itself to. */
export function withoutLeaf(path: string): string {
  const leaf = `/${BOSUN_GROUP}/${BOSUN_LEAF}`;
  return path.endsWith(leaf) ? path.slice(0, -leaf.length) || '/' : path;
}

/** id, parent, device, root, mount point, options, optional fields, "-", type, source, options. */
function parseMount(line: string): readonly Mount[] {
  const [before = '', after = ''] = line.split(' - ');
  if (!after.startsWith('cgroup2 ')) return [];
  const [, , , root = '', point = '', options = ''] = before.split(' ');
  // The mount and the file system may each be read-only.
  const superOptions = after.split(' ')[2] ?? '';
  const isReadOnly = [options, superOptions].some((list) => list.split(',').includes('ro'));
  return [{ root: unescape(root), point: unescape(point), access: isReadOnly ? 'ro' : 'rw' }];
}

function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function isBelow(path: string, root: string): boolean {
  // What a namespace cannot see is shown as "/..".
  if (root.startsWith('/..') || path.startsWith('/..')) return false;
  return root === '/' || path === root || path.startsWith(`${root}/`);
}
