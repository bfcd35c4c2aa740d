// The system calls that log files need, so that tests can count them, and fail or end at each. Each throws the error of Node's that has the
// errno as its code; none waits for anything but the disk.
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  unlinkSync,
  writevSync,
  type BigIntStats,
} from 'node:fs';

export type FileFacts = {
  readonly kind: 'file' | 'directory' | 'link' | 'special';
  /** Of the file itself, whatever it is called. Numbers beyond 2^53 are usual on overlayfs. */
  readonly identity: string;
  readonly bytes: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  /** Without the type. */
  readonly mode: number;
  readonly bornAtMs: number;
};

export type FileCalls = {
  readonly open: (path: string, flags: number, mode: number) => number;
  readonly close: (fd: number) => void;
  readonly write: (fd: number, bytes: Uint8Array, at: number, length: number) => number;
  readonly pread: (fd: number, into: Uint8Array, position: number) => number;
  readonly fstat: (fd: number) => FileFacts;
  readonly lstat: (path: string) => FileFacts;
  readonly ftruncate: (fd: number, bytes: number) => void;
  readonly fchmod: (fd: number, mode: number) => void;
  readonly fchown: (fd: number, uid: number, gid: number) => void;
  readonly mkdir: (path: string, mode: number) => void;
  readonly readdir: (path: string) => readonly string[];
  readonly rename: (from: string, to: string) => void;
  readonly unlink: (path: string) => void;
};

export const fileCalls: FileCalls = {
  open: openSync,
  close: closeSync,
  // Unlike writeSync() it calls nothing after write(2) has returned: a thread that is ended there would have written what nobody knows of.
  write: (fd, bytes, at, length) => writevSync(fd, [bytes.subarray(at, at + length)]),
  pread: (fd, into, position) => readSync(fd, into, 0, into.length, position),
  fstat: (fd) => factsOf(fstatSync(fd, { bigint: true })),
  lstat: (path) => factsOf(lstatSync(path, { bigint: true })),
  ftruncate: ftruncateSync,
  fchmod: fchmodSync,
  fchown: fchownSync,
  mkdir: (path, mode) => {
    mkdirSync(path, { mode });
  },
  readdir: (path) => readdirSync(path),
  rename: renameSync,
  unlink: unlinkSync,
};

function factsOf(stats: BigIntStats): FileFacts {
  return {
    kind: kindOf(stats),
    identity: `${stats.dev}:${stats.ino}`,
    bytes: Number(stats.size),
    links: Number(stats.nlink),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mode: Number(stats.mode) & 0o7777,
    bornAtMs: Number(stats.birthtimeMs),
  };
}

function kindOf(stats: BigIntStats): FileFacts['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'link' : 'special';
}
