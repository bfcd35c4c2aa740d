// The C library over node:ffi, which only this file, its neighbours libc-*.ts and poll.ts know. Offsets and numbers are those of
// 64-bit Linux with glibc; each names its header or man page. Nothing here decides anything.
import { dlopen } from 'node:ffi';
import { constants } from 'node:fs';
import type { ResourceUsage } from '../core/counter-board.ts';
import type { ExitStatus } from '../core/exit-status.ts';
import type { Pid } from '../core/names.ts';
import { done, fail, failed } from './libc-errno.ts';
import { processCalls } from './libc-pidfd.ts';
import { socketCalls } from './libc-socket.ts';
import { packEnvironment, packStrings } from './libc-strings.ts';
import { terminalCalls } from './libc-terminal.ts';
import { timerCalls } from './libc-timer.ts';
import { whenReadable } from './poll.ts';
import { signalName } from './signal-names.ts';
import type {
  CallResult,
  PeekedChild,
  PeerCredentials,
  PipeEnds,
  SpawnRequest,
  SystemCalls,
} from './system-calls.ts';

const I32 = 'int32';
const BUF = 'buffer';

const { functions: c } = dlopen(null, {
  waitid: { return: I32, arguments: [I32, I32, BUF, I32] },
  wait4: { return: I32, arguments: [I32, BUF, I32, BUF] },
  kill: { return: I32, arguments: [I32, I32] },
  getsid: { return: I32, arguments: [I32] },
  getpgid: { return: I32, arguments: [I32] },
  _exit: { return: 'void', arguments: [I32] },
  access: { return: I32, arguments: ['string', I32] },
  close: { return: I32, arguments: [I32] },
  fchown: { return: I32, arguments: [I32, 'uint32', 'uint32'] },
  pipe2: { return: I32, arguments: [BUF, I32] },
  syscall: { return: 'int64', arguments: ['int64', 'uint64', 'uint64', 'uint64'] },
  // Variadic in C: on x86-64 and arm64 Linux an integer argument travels as in a call that is not.
  fcntl: { return: I32, arguments: [I32, I32, 'int64'] },
  prctl: { return: I32, arguments: [I32, 'uint64', 'uint64', 'uint64', 'uint64'] },
  getsockopt: { return: I32, arguments: [I32, I32, I32, BUF, BUF] },
  posix_spawn: { return: I32, arguments: [BUF, 'string', BUF, BUF, BUF, BUF] },
  posix_spawn_file_actions_init: { return: I32, arguments: [BUF] },
  posix_spawn_file_actions_destroy: { return: I32, arguments: [BUF] },
  posix_spawn_file_actions_addopen: { return: I32, arguments: [BUF, I32, 'string', I32, 'uint32'] },
  posix_spawn_file_actions_adddup2: { return: I32, arguments: [BUF, I32, I32] },
  posix_spawn_file_actions_addchdir_np: { return: I32, arguments: [BUF, 'string'] },
  posix_spawnattr_init: { return: I32, arguments: [BUF] },
  posix_spawnattr_destroy: { return: I32, arguments: [BUF] },
  posix_spawnattr_setflags: { return: I32, arguments: [BUF, 'int16'] },
  posix_spawnattr_setsigdefault: { return: I32, arguments: [BUF, BUF] },
  posix_spawnattr_setsigmask: { return: I32, arguments: [BUF, BUF] },
});

// <wait.h>
const P_ALL = 0;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x01000000;
// siginfo_t as waitid fills it, sigaction(2).
const SIGINFO_BYTES = 128;
const SI_CODE = 8;
const SI_PID = 16;
const SI_STATUS = 24;
const CLD_EXITED = 1;
const CLD_DUMPED = 3;
// <bits/waitstatus.h>
const WTERMSIG = 0x7f;
const WCOREFLAG = 0x80;
// struct rusage, getrusage(2): two struct timeval, then longs, of which blocks have 512 bytes.
const RUSAGE_BYTES = 144;
const RU_STIME = 16;
const RU_INBLOCK = 88;
const RU_OUBLOCK = 96;
const BLOCK_BYTES = 512;
// <fcntl.h>, <sys/prctl.h>, <sys/socket.h>
const O_CLOEXEC = 0o2000000;
const F_DUPFD_CLOEXEC = 1030;
/** fchown(2): (gid_t) -1. */
const SAME_GROUP = 0xffffffff;
const PR_SET_CHILD_SUBREAPER = 36;
// <asm-generic/unistd.h>, <linux/close_range.h>: called by number, since glibc has it from 2.34 on only.
const SYS_CLOSE_RANGE = 436n;
const LAST_DESCRIPTOR = 0xffffffffn;
const CLOSE_RANGE_CLOEXEC = 4n;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** Low numbers stay free for the descriptors that services are promised. */
const LOWEST_DUPLICATE = 10;
// <spawn.h>
const POSIX_SPAWN_SETPGROUP = 0x02;
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;
const SPAWN_FILE_ACTIONS_BYTES = 80;
const SPAWN_ATTRIBUTES_BYTES = 336;
const SIGSET_BYTES = 128;

const ALL_SIGNALS = Buffer.allocUnsafeSlow(SIGSET_BYTES).fill(0xff);
const NO_SIGNALS = Buffer.allocUnsafeSlow(SIGSET_BYTES).fill(0);
const siginfo = Buffer.allocUnsafeSlow(SIGINFO_BYTES);
const waitStatus = Buffer.allocUnsafeSlow(4);
const rusage = Buffer.allocUnsafeSlow(RUSAGE_BYTES);

function pidOrFailure(pid: number): CallResult<Pid> {
  return pid < 0 ? failed() : { ok: true, value: pid as Pid };
}

function decodeExit(info: Buffer): ExitStatus {
  const status = info.readInt32LE(SI_STATUS);
  const code = info.readInt32LE(SI_CODE);
  if (code === CLD_EXITED) return { kind: 'code', code: status };
  return {
    kind: 'signal',
    signal: signalName(status),
    number: status,
    core: code === CLD_DUMPED ? 'dumped' : 'none',
    by: 'unknown',
  };
}

function decodeStatus(status: number): ExitStatus {
  const number = status & WTERMSIG;
  if (number === 0) return { kind: 'code', code: (status >> 8) & 0xff };
  const core = (status & WCOREFLAG) === 0 ? 'none' : 'dumped';
  return { kind: 'signal', signal: signalName(number), number, core, by: 'unknown' };
}

function decodeUsage(): ResourceUsage {
  return {
    userSeconds: secondsAt(0),
    systemSeconds: secondsAt(RU_STIME),
    readBytes: Number(rusage.readBigInt64LE(RU_INBLOCK)) * BLOCK_BYTES,
    writtenBytes: Number(rusage.readBigInt64LE(RU_OUBLOCK)) * BLOCK_BYTES,
  };
}

function secondsAt(offset: number): number {
  return Number(rusage.readBigInt64LE(offset)) + Number(rusage.readBigInt64LE(offset + 8)) / 1e6;
}

function peek(): CallResult<PeekedChild | undefined> {
  // With WNOHANG and nothing to report waitid(2) returns 0 and may leave si_pid alone, so it has to be 0 before.
  siginfo.fill(0);
  if (c.waitid(P_ALL, 0, siginfo, WEXITED | WNOHANG | WNOWAIT) < 0) return failed();
  const pid = siginfo.readInt32LE(SI_PID);
  return { ok: true, value: pid === 0 ? undefined : { pid: pid as Pid, exit: decodeExit(siginfo) } };
}

function fileActions(request: SpawnRequest): Buffer {
  const actions = Buffer.allocUnsafeSlow(SPAWN_FILE_ACTIONS_BYTES);
  c.posix_spawn_file_actions_init(actions);
  // First of all, while descriptor 0 is still the terminal.
  if (request.leadership === 'foreground') giveTerminal(actions);
  if (request.stdin === 'null')
    c.posix_spawn_file_actions_addopen(actions, 0, '/dev/null', constants.O_RDONLY, 0);
  else if (request.stdin !== 'given') openTerminal(actions, request.stdin.terminal);
  for (const { ours, theirs } of request.descriptors)
    c.posix_spawn_file_actions_adddup2(actions, ours, theirs);
  c.posix_spawn_file_actions_addchdir_np(actions, request.workingDir);
  return actions;
}

/** glibc begins the session first. Then its leader gets the terminal that it opens, credentials(7). */
function openTerminal(actions: Buffer, path: string): void {
  c.posix_spawn_file_actions_addopen(actions, 0, path, constants.O_RDWR, 0);
  for (const fd of [1, 2]) c.posix_spawn_file_actions_adddup2(actions, 0, fd);
}

/** posix_spawn_file_actions_addtcsetpgrp_np is in glibc from 2.35 on; before, the command stays in the background. */
function giveTerminal(actions: Buffer): void {
  try {
    const { functions } = dlopen(null, {
      posix_spawn_file_actions_addtcsetpgrp_np: { return: I32, arguments: [BUF, I32] },
    });
    functions.posix_spawn_file_actions_addtcsetpgrp_np(actions, 0);
  } catch {
    // The command runs all the same; it only cannot read from the terminal.
  }
}

function attributes(request: SpawnRequest): Buffer {
  const buffer = Buffer.allocUnsafeSlow(SPAWN_ATTRIBUTES_BYTES);
  c.posix_spawnattr_init(buffer);
  const leadership = request.leadership === 'session' ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
  c.posix_spawnattr_setflags(buffer, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | leadership);
  c.posix_spawnattr_setsigdefault(buffer, ALL_SIGNALS);
  c.posix_spawnattr_setsigmask(buffer, NO_SIGNALS);
  return buffer;
}

/**
 * _exit(2): the end, at once. process.exit() joins libuv's thread pool first, and a name look-up or a stat on a dead file
 * system that is stuck there would hold PID 1 beyond its budget.
 */
export function endProcess(code: number): void {
  c._exit(code);
}

export const libc: SystemCalls = {
  ...socketCalls,
  ...terminalCalls,
  ...timerCalls,
  ...processCalls,
  whenReadable,

  peekExited: peek,

  takeExited(pid) {
    const taken = c.wait4(pid, waitStatus, WNOHANG, rusage);
    if (taken < 0) return failed();
    if (taken === 0) return { ok: true, value: undefined };
    return { ok: true, value: { exit: decodeStatus(waitStatus.readInt32LE(0)), usage: decodeUsage() } };
  },

  spawn(request) {
    const pid = Buffer.allocUnsafeSlow(8);
    const actions = fileActions(request);
    const settings = attributes(request);
    const argv = packStrings(request.argv);
    const environment = packEnvironment(request.environment);
    const errno = c.posix_spawn(pid, request.path, actions, settings, argv, environment);
    c.posix_spawn_file_actions_destroy(actions);
    c.posix_spawnattr_destroy(settings);
    return errno === 0 ? { ok: true, value: pid.readInt32LE(0) as Pid } : fail(errno);
  },

  pipe() {
    const ends = Buffer.allocUnsafeSlow(8);
    if (c.pipe2(ends, O_CLOEXEC) < 0) return failed();
    const value: PipeEnds = { read: ends.readInt32LE(0), write: ends.readInt32LE(4) };
    return { ok: true, value };
  },

  duplicate(fd) {
    const copy = c.fcntl(fd, F_DUPFD_CLOEXEC, BigInt(LOWEST_DUPLICATE));
    return copy < 0 ? failed() : { ok: true, value: copy };
  },

  close: (fd) => done(c.close(fd)),
  giveTo: (fd, uid) => done(c.fchown(fd, uid, SAME_GROUP)),
  mayExecute: (path) => done(c.access(path, constants.X_OK)),
  closeOnExecFrom: (first) =>
    done(Number(c.syscall(SYS_CLOSE_RANGE, BigInt(first), LAST_DESCRIPTOR, CLOSE_RANGE_CLOEXEC))),
  kill: (pid, signal) => done(c.kill(pid, signal)),
  sessionOf: (pid) => pidOrFailure(c.getsid(pid)),
  groupOf: (pid) => pidOrFailure(c.getpgid(pid)),
  becomeSubreaper: () => done(c.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n)),

  peerCredentials(fd) {
    // struct ucred { pid_t pid; uid_t uid; gid_t gid; }
    const credentials = Buffer.allocUnsafeSlow(12);
    const length = Buffer.allocUnsafeSlow(4);
    length.writeUInt32LE(credentials.length);
    if (c.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, length) < 0) return failed();
    const value: PeerCredentials = {
      pid: credentials.readInt32LE(0),
      uid: credentials.readUInt32LE(4),
      gid: credentials.readUInt32LE(8),
    };
    return { ok: true, value };
  },
};
