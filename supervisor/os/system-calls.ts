// The system calls that Node does not have, as one port: the adapters get it handed in, so that a test can make any call
// fail with any errno its man page names. libc.ts is the real one.
import type { ResourceUsage } from '../core/counter-board.ts';
import type { Pid } from '../core/names.ts';
import type { ExitStatus } from '../core/exit-status.ts';

/** A failed call: the errno's name, as in errno(3). */
export type Errno = string;

export type CallResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errno: Errno };

export type PeekedChild = { readonly pid: Pid; readonly exit: ExitStatus };
export type TakenChild = { readonly exit: ExitStatus; readonly usage: ResourceUsage };

/** What posix_spawn(3) needs, with nothing left to look up. */
export type SpawnRequest = {
  /** A path; PATH is not searched. */
  readonly path: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDir: string;
  /** `session`: a session of its own; `foreground`: a group of its own that the terminal on descriptor 0 is given to. */
  readonly leadership: 'session' | 'foreground';
  /** Which of our descriptors becomes which of the child's; all others are closed by FD_CLOEXEC. */
  readonly descriptors: readonly { readonly ours: number; readonly theirs: number }[];
  /** `given`: by `descriptors`. `terminal`: this file is opened as 0, 1 and 2, and with `session` becomes the controlling terminal. */
  readonly stdin: 'null' | 'given' | { readonly terminal: string };
};

export type TerminalSize = { readonly columns: number; readonly rows: number };
/** Both ends of a pseudo-terminal, pty(7), with O_CLOEXEC. `path`: by which the slave is opened again. */
export type TerminalEnds = { readonly master: number; readonly slave: number; readonly path: string };

export type PipeEnds = { readonly read: number; readonly write: number };
export type PeerCredentials = { readonly pid: number; readonly uid: number; readonly gid: number };

/** One datagram of a Unix socket as recvmsg(2) gives it. */
export type Datagram = {
  readonly bytes: Buffer;
  /** `cut`: it was longer, and the rest is gone. */
  readonly length: 'whole' | 'cut';
  /** SCM_CREDENTIALS of unix(7), checked by the kernel. Pid 0: the sender is outside of our PID namespace. */
  readonly sender: PeerCredentials | undefined;
  /** SCM_RIGHTS: ours to close. */
  readonly descriptors: readonly number[];
};

/** Calls back while a descriptor is readable. Whoever made it closes the descriptor, at any time after disposing of the watch. */
export type ReadableWatch = Disposable & {
  pause(): void;
  resume(): void;
};

export type SystemCalls = {
  /** The next child that has ended, without taking it: waitid(2) with WNOHANG and WNOWAIT. ECHILD: there are no children. */
  peekExited(): CallResult<PeekedChild | undefined>;
  /** Takes the exit of this child, if it has ended, and what it has used: wait4(2) with WNOHANG. */
  takeExited(pid: Pid): CallResult<TakenChild | undefined>;
  /** access(2) with X_OK: whether a file may be executed, without a process to try it. */
  mayExecute(path: string): CallResult<void>;
  /** posix_spawn(3), with the exact errno of a failed exec. */
  spawn(request: SpawnRequest): CallResult<Pid>;
  /** pipe2(2) with O_CLOEXEC: real pipes, so that `echo > /dev/stderr` works in a service, as with no socket pair. */
  pipe(): CallResult<PipeEnds>;
  /** posix_openpt(3) and what belongs to it: a pseudo-terminal of this size, which does not become our controlling terminal. */
  openTerminal(size: TerminalSize): CallResult<TerminalEnds>;
  /** ioctl(2) TIOCSWINSZ on either end; the foreground group gets SIGWINCH. */
  resizeTerminal(fd: number, columns: number, rows: number): CallResult<void>;
  /** fcntl(2) F_DUPFD_CLOEXEC, at 10 or above. */
  duplicate(fd: number): CallResult<number>;
  close(fd: number): CallResult<void>;
  /** fchown(2), the group as it is: what a pipe is opened by again, through /dev/stdout, is its owner. */
  giveTo(fd: number, uid: number): CallResult<void>;
  /** close_range(2) with CLOSE_RANGE_CLOEXEC: no descriptor from `first` on is inherited. ENOSYS before Linux 5.11. */
  closeOnExecFrom(first: number): CallResult<void>;
  /** kill(2). A negative pid is a process group, -1 everything that may be signalled; signal 0 only asks. */
  kill(pid: number, signal: number): CallResult<void>;
  /** pidfd_open(2): a descriptor of this process, which is readable when it has ended, and never becomes that of another. */
  openProcess(pid: Pid): CallResult<number>;
  /** pidfd_send_signal(2); signal 0 only asks. ESRCH: it has ended. */
  signalProcess(fd: number, signal: number): CallResult<void>;
  /** ioctl_pidfd(2), PIDFD_GET_INFO: undefined until its parent has waited for it. ENOTTY, EINVAL: before Linux 6.15. */
  exitOfProcess(fd: number): CallResult<ExitStatus | undefined>;
  /** getsid(2): the pid of the leader of its session, also of a zombie. */
  sessionOf(pid: Pid): CallResult<Pid>;
  /** getpgid(2). */
  groupOf(pid: Pid): CallResult<Pid>;
  /** prctl(2) PR_SET_CHILD_SUBREAPER: orphans below us come to us although we are not PID 1. */
  becomeSubreaper(): CallResult<void>;
  /** getsockopt(2) SO_PEERCRED on an accepted Unix socket; see unix(7). */
  peerCredentials(fd: number): CallResult<PeerCredentials>;
  /** getsockopt(2) SO_PEERGROUPS on the same: its supplementary groups. ENOPROTOOPT before Linux 4.13. */
  peerGroups(fd: number): CallResult<readonly number[]>;
  /** socket(2): a Unix datagram socket, non-blocking, with O_CLOEXEC. */
  datagramSocket(): CallResult<number>;
  /** setsockopt(2) SO_PASSCRED: each datagram comes with who sent it. */
  passCredentials(fd: number): CallResult<void>;
  /** bind(2) to a name in the abstract namespace of unix(7), which no file stands for. */
  bindAbstract(fd: number, name: string): CallResult<void>;
  /** recvmsg(2), at most `limit` bytes of the next datagram. EAGAIN: there is none. */
  receive(fd: number, limit: number): CallResult<Datagram>;
  /** close(2) by libuv's thread pool: of a descriptor that somebody else opened it may wait, as with SO_LINGER of socket(7). */
  closeAside(fd: number, closed: () => void): void;
  /** libuv's uv_poll_t on this thread's loop; the callback may throw as any listener may. */
  whenReadable(fd: number, readable: () => void): CallResult<ReadableWatch>;
  /** timerfd_create(2) with CLOCK_REALTIME, non-blocking, with O_CLOEXEC. */
  wallTimer(): CallResult<number>;
  /** timerfd_settime(2): due at this moment of the wall clock, and readable with ECANCELED as soon as that clock is set. */
  setWallTimer(fd: number, atMs: number): CallResult<void>;
  /** read(2) on a timer: how often it was due. EAGAIN: not yet. ECANCELED: the clock was set. */
  readTimer(fd: number): CallResult<bigint>;
};

/** What puts another program in the place of this one. Asked for by nobody but whoever replaces Bosun. */
export type ImageCalls = {
  /** memfd_create(2) with MFD_CLOEXEC: a file without a place, which lives as long as a descriptor of it. */
  memoryFile(name: string): CallResult<number>;
  /** fcntl(2) F_SETFD: whether a descriptor is closed by execve(2). */
  setCloseOnExec(fd: number, state: 'closed' | 'kept'): CallResult<void>;
  /** execve(2): it comes back only where it fails. Every other thread is gone with it, and so is all memory. */
  becomeProgram(
    path: string,
    argv: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): CallResult<void>;
};
