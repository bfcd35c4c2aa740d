// The directory of one service's log files. It is held open, and names are looked up in it and not by its path: a service whose user may
// write its parent cannot put another directory in its place between two calls. Node has no openat(2), but /proc/self/fd does the same.
import { constants } from 'node:fs';
import { parseRotatedName, type RotatedName } from '../../core/log-file-name.ts';
import { makeDirectory } from '../make-directory.ts';
import type { FileCalls, FileFacts } from './file-calls.ts';
import { errnoOf, RefusedFile } from './file-fault.ts';

/** Its group may look at the files; where only a user is named it may reach those whose name it knows. */
const DIRECTORY_MODE = 0o750;
const DIRECTORY_MODE_FOR_USER = 0o751;
const WRITABLE_BY_OTHERS = 0o022;
const OPEN_DIRECTORY =
  constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

type Owner = { readonly uid: number | undefined; readonly gid: number | undefined };

export class LogDirectory {
  readonly #calls: FileCalls;
  readonly #base: string;
  readonly path: string;
  readonly fd: number;
  /** `private`: nobody but Bosun and root can put a file there. */
  readonly access: 'private' | 'shared';

  /** Makes it when it is not there. Throws the errors of open(2) and mkdir(2), and RefusedFile. */
  constructor(path: string, owner: Owner, calls: FileCalls) {
    this.path = path;
    this.#calls = calls;
    this.fd = openDirectory(path, owner, calls);
    try {
      const facts = calls.fstat(this.fd);
      this.access = isPrivate(facts) ? 'private' : 'shared';
      this.#base = this.#leadsThere(`/proc/self/fd/${this.fd}`, facts) ? `/proc/self/fd/${this.fd}` : path;
    } catch (error) {
      calls.close(this.fd);
      throw error;
    }
  }

  /** The path by which a file in it is opened, renamed and removed. */
  at(name: string): string {
    return `${this.#base}/${name}`;
  }

  /** The path of a file in it as people know it. */
  named(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Throws the errors of readdir(3). */
  rotated(): readonly RotatedName[] {
    return this.#calls.readdir(this.at('')).flatMap((name) => parseRotatedName(name) ?? []);
  }

  /** Not without /proc, or where Bosun may not look into its own, as with file capabilities: proc_pid_fd(5). */
  #leadsThere(base: string, { identity }: FileFacts): boolean {
    try {
      return this.#calls.lstat(`${base}/.`).identity === identity;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return false;
    }
  }
}

function openDirectory(path: string, owner: Owner, calls: FileCalls): number {
  try {
    return calls.open(path, OPEN_DIRECTORY, 0);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOTDIR' || errno === 'ELOOP') refuseWhatIsThere(path, calls);
    if (errno !== 'ENOENT') throw error;
    return createDirectory(path, owner, calls);
  }
}

function createDirectory(path: string, { uid, gid }: Owner, calls: FileCalls): number {
  const mode = uid !== undefined && gid === undefined ? DIRECTORY_MODE_FOR_USER : DIRECTORY_MODE;
  makeDirectory(path, mode, calls.mkdir);
  const fd = calls.open(path, OPEN_DIRECTORY, 0);
  try {
    // umask(2) has taken its part.
    calls.fchmod(fd, mode);
    if (gid !== undefined) calls.fchown(fd, -1, gid);
  } catch (error) {
    // Some file systems know neither modes nor owners. Who cannot read there will see that.
    if (errnoOf(error) === undefined) throw error;
  }
  return fd;
}

function refuseWhatIsThere(path: string, calls: FileCalls): void {
  const { kind } = calls.lstat(path);
  if (kind === 'directory') return;
  const what = kind === 'link' ? 'is a symbolic link, which Bosun does not follow' : 'is not a directory';
  throw new RefusedFile('ENOTDIR', `${path} ${what}: remove it, or name another directory in logs.file.path`);
}

function isPrivate({ uid, mode }: FileFacts): boolean {
  const isOurs = uid === 0 || uid === process.geteuid?.();
  return isOurs && (mode & WRITABLE_BY_OTHERS) === 0;
}
