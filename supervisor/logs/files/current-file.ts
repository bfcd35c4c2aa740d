// current.log, open for appending. Whoever may write its directory must not make Bosun write elsewhere, wait, or give files away: links are
// not followed, only regular files with one name are taken, and nothing is given an owner that others may have put there.
import { constants } from 'node:fs';
import { CURRENT_LOG } from '../../core/log-file-name.ts';
import type { LogFileSpec } from '../../core/log-spec.ts';
import type { FileCalls, FileFacts } from './file-calls.ts';
import { errnoOf, RefusedFile } from './file-fault.ts';
import type { LogDirectory } from './log-directory.ts';

/** O_NONBLOCK: open(2) of a file with a lease, or of a device, does not wait. O_CLOEXEC is added by libuv. O_RDWR: its last byte is read. */
const APPEND =
  constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
const CREATE = APPEND | constants.O_CREAT | constants.O_EXCL;
/** Until it has its owner. */
const FIRST_MODE = 0o600;
const NEWLINE = 0x0a;

type Owner = Pick<LogFileSpec, 'mode' | 'uid' | 'gid'>;

/** `torn`: it was found with an unfinished last line. `unended`: what was written last did not end a line. */
type Tail = 'border' | 'torn' | 'unended';

export class CurrentFile {
  readonly fd: number;
  readonly identity: string;
  bytes: number;
  bornAtMs: number;
  tail: Tail;

  private constructor(fd: number, { identity, bytes, bornAtMs }: FileFacts, tail: Tail) {
    this.fd = fd;
    this.identity = identity;
    this.bytes = bytes;
    this.bornAtMs = bornAtMs;
    this.tail = tail;
  }

  /** Makes it when it is not there. Throws the errors of open(2), and RefusedFile. `onUnowned`: its owner or mode could not be set. */
  static open(
    directory: LogDirectory,
    owner: Owner,
    calls: FileCalls,
    onUnowned: (error: unknown) => void,
  ): CurrentFile {
    const { fd, origin } = openOrCreate(directory, calls);
    try {
      const facts = calls.fstat(fd);
      refuseUnlessOwn(facts, directory);
      if (origin === 'created' || facts.bytes === 0 || directory.access === 'private')
        setOwner(fd, facts, owner, calls, onUnowned);
      return new CurrentFile(fd, facts, readTail(fd, facts, calls));
    } catch (error) {
      calls.close(fd);
      throw error;
    }
  }
}

function openOrCreate(
  directory: LogDirectory,
  calls: FileCalls,
): { readonly fd: number; readonly origin: 'found' | 'created' } {
  const path = directory.at(CURRENT_LOG);
  try {
    return { fd: calls.open(path, APPEND, 0), origin: 'found' };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return { fd: calls.open(path, CREATE, FIRST_MODE), origin: 'created' };
    // A link; a socket, or a device that is not there; a directory.
    if (errno === 'ELOOP' || errno === 'ENXIO' || errno === 'EISDIR')
      refuseUnlessOwn(calls.lstat(path), directory);
    throw error;
  }
}

const KINDS = {
  link: 'is a symbolic link, which Bosun does not follow',
  directory: 'is a directory',
  special: 'is not a regular file',
} as const;

function refuseUnlessOwn({ kind, links }: FileFacts, directory: LogDirectory): void {
  const what = kind === 'file' ? (links > 1 ? 'has other names (hard links)' : undefined) : KINDS[kind];
  if (what === undefined) return;
  throw new RefusedFile(
    'ELOOP',
    `${directory.named(CURRENT_LOG)} ${what}: remove it, and Bosun makes its own`,
  );
}

function setOwner(
  fd: number,
  facts: FileFacts,
  { uid = facts.uid, gid = facts.gid, mode }: Owner,
  calls: FileCalls,
  onUnowned: (error: unknown) => void,
): void {
  // The mode is set also where the owner cannot be.
  try {
    if (facts.uid !== uid || facts.gid !== gid) calls.fchown(fd, uid, gid);
  } catch (error) {
    onUnowned(error);
  }
  try {
    if (facts.mode !== mode) calls.fchmod(fd, mode);
  } catch (error) {
    onUnowned(error);
  }
}

function readTail(fd: number, { bytes }: FileFacts, calls: FileCalls): Tail {
  if (bytes === 0) return 'border';
  const last = new Uint8Array(1);
  calls.pread(fd, last, bytes - 1);
  return last[0] === NEWLINE ? 'border' : 'torn';
}
