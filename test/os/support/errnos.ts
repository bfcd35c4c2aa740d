// With which errnos each call of the ports may fail, by its man page (man7.org). Record types, so that the compiler tells when a call
// has no row. What Bosun is to do about each is in faults.test.ts.
import type { ControlFiles } from '../../../supervisor/os/control-files.ts';
import type { Errno, SystemCalls } from '../../../supervisor/os/system-calls.ts';

export type ErrnoRow = { readonly man: string; readonly errnos: readonly Errno[] };

export const SYSTEM_CALL_ERRNOS: { readonly [Call in keyof SystemCalls]: ErrnoRow } = {
  // EAGAIN is of the pidfd form; ESRCH is of waitpid(INT_MIN).
  peekExited: { man: 'waitid(2)', errnos: ['ECHILD', 'EINTR', 'EINVAL', 'EAGAIN', 'ESRCH'] },
  takeExited: { man: 'waitid(2)', errnos: ['ECHILD', 'EINTR', 'EINVAL', 'EAGAIN', 'ESRCH'] },
  mayExecute: {
    man: 'access(2)',
    errnos: [
      'EACCES',
      'EFAULT',
      'EINVAL',
      'EIO',
      'ELOOP',
      'ENAMETOOLONG',
      'ENOENT',
      'ENOMEM',
      'ENOTDIR',
      'EPERM',
      'EROFS',
      'ETXTBSY',
    ],
  },
  // posix_spawn(3) passes on what fork(2), execve(2), setsid(2), dup2(2), open(2) and chdir(2) say.
  spawn: {
    man: 'posix_spawn(3)',
    errnos: [
      // fork(2)
      'EAGAIN',
      'ENOMEM',
      'ENOSYS',
      // execve(2)
      'E2BIG',
      'EACCES',
      'EFAULT',
      'EINVAL',
      'EIO',
      'EISDIR',
      'ELIBBAD',
      'ELOOP',
      'EMFILE',
      'ENAMETOOLONG',
      'ENFILE',
      'ENOENT',
      'ENOEXEC',
      'ENOTDIR',
      'EPERM',
      'ETXTBSY',
      // dup2(2)
      'EBADF',
      'EBUSY',
      'EINTR',
    ],
  },
  pipe: { man: 'pipe2(2)', errnos: ['EFAULT', 'EINVAL', 'EMFILE', 'ENFILE', 'ENOPKG'] },
  // With what grantpt(3), unlockpt(3), ptsname(3), ioctl(2) and open(2) of both ends say.
  openTerminal: {
    man: 'posix_openpt(3)',
    errnos: [
      'EACCES',
      'EAGAIN',
      'EBADF',
      'EINTR',
      'EINVAL',
      'EIO',
      'EMFILE',
      'ENFILE',
      'ENODEV',
      'ENOENT',
      'ENOMEM',
      'ENOSPC',
      'ENOTTY',
      'ENXIO',
      'EPERM',
      'ERANGE',
    ],
  },
  resizeTerminal: { man: 'ioctl(2)', errnos: ['EBADF', 'EFAULT', 'EINVAL', 'EIO', 'ENOTTY'] },
  // Of F_DUPFD_CLOEXEC alone.
  duplicate: { man: 'fcntl(2)', errnos: ['EBADF', 'EINVAL', 'EMFILE'] },
  close: { man: 'close(2)', errnos: ['EBADF', 'EINTR', 'EIO', 'ENOSPC', 'EDQUOT'] },
  // ENOSYS before Linux 5.9; EINVAL for CLOSE_RANGE_CLOEXEC before 5.11.
  closeOnExecFrom: { man: 'close_range(2)', errnos: ['EINVAL', 'EMFILE', 'ENOMEM', 'ENOSYS'] },
  // ENOSYS before Linux 5.3. EINVAL is of a thread that leads no group.
  openProcess: {
    man: 'pidfd_open(2)',
    errnos: ['EINVAL', 'EMFILE', 'ENFILE', 'ENODEV', 'ENOMEM', 'ENOSYS', 'ESRCH'],
  },
  signalProcess: { man: 'pidfd_send_signal(2)', errnos: ['EBADF', 'EINVAL', 'EPERM', 'ESRCH'] },
  // ENOTTY before Linux 6.13, ESRCH of one that has been waited for before 6.15.
  exitOfProcess: { man: 'ioctl_pidfd(2)', errnos: ['EINVAL', 'ENOTTY', 'ESRCH', 'EREMOTE'] },
  kill: { man: 'kill(2)', errnos: ['EINVAL', 'EPERM', 'ESRCH'] },
  sessionOf: { man: 'getsid(2)', errnos: ['EPERM', 'ESRCH'] },
  // Of getpgid() alone.
  groupOf: { man: 'getpgid(2)', errnos: ['ESRCH'] },
  becomeSubreaper: { man: 'prctl(2)', errnos: ['EINVAL'] },
  peerCredentials: {
    man: 'getsockopt(2)',
    errnos: ['EBADF', 'EFAULT', 'EINVAL', 'ENOPROTOOPT', 'ENOTSOCK'],
  },
  // ENODATA: sock_getsockopt() of the kernel, where the peer is not known. ERANGE is met by asking again with more room.
  peerGroups: {
    man: 'getsockopt(2)',
    errnos: ['EBADF', 'EFAULT', 'EINVAL', 'ENODATA', 'ENOPROTOOPT', 'ENOTSOCK', 'ERANGE'],
  },
  datagramSocket: {
    man: 'socket(2)',
    errnos: ['EACCES', 'EAFNOSUPPORT', 'EINVAL', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EPROTONOSUPPORT'],
  },
  passCredentials: {
    man: 'setsockopt(2)',
    errnos: ['EBADF', 'EFAULT', 'EINVAL', 'ENOPROTOOPT', 'ENOTSOCK'],
  },
  bindAbstract: {
    man: 'bind(2)',
    errnos: [
      'EACCES',
      'EADDRINUSE',
      'EBADF',
      'EINVAL',
      'ENOTSOCK',
      // For AF_UNIX.
      'EADDRNOTAVAIL',
      'EFAULT',
      'ELOOP',
      'ENAMETOOLONG',
      'ENOENT',
      'ENOMEM',
      'ENOTDIR',
      'EROFS',
    ],
  },
  receive: {
    man: 'recvmsg(2)',
    errnos: [
      'EAGAIN',
      'EBADF',
      'ECONNREFUSED',
      'EFAULT',
      'EINTR',
      'EINVAL',
      'ENOMEM',
      'ENOTCONN',
      'ENOTSOCK',
    ],
  },
  giveTo: {
    man: 'fchown(2)',
    errnos: ['EACCES', 'EBADF', 'EIO', 'ELOOP', 'ENOENT', 'ENOMEM', 'ENOTDIR', 'EPERM', 'EROFS'],
  },
  // It reports nothing: what close(2) says after SO_LINGER has no reader.
  closeAside: { man: 'close(2)', errnos: [] },
  // What uv_poll_init passes on: ioctl(2) FIONBIO and epoll_ctl(2).
  whenReadable: {
    man: 'epoll_ctl(2)',
    errnos: ['EBADF', 'EEXIST', 'EINVAL', 'ELOOP', 'ENOENT', 'ENOMEM', 'ENOSPC', 'EPERM', 'ENOTTY'],
  },
  wallTimer: {
    man: 'timerfd_create(2)',
    errnos: ['EINVAL', 'EMFILE', 'ENFILE', 'ENODEV', 'ENOMEM', 'EPERM'],
  },
  setWallTimer: { man: 'timerfd_settime(2)', errnos: ['EBADF', 'ECANCELED', 'EFAULT', 'EINVAL'] },
  // read(2), with what timerfd_create(2) says of it.
  readTimer: {
    man: 'read(2)',
    errnos: ['EAGAIN', 'EBADF', 'ECANCELED', 'EFAULT', 'EINTR', 'EINVAL', 'EIO', 'EISDIR'],
  },
};

export const CONTROL_FILE_ERRNOS: { readonly [Call in keyof ControlFiles]: ErrnoRow } = {
  read: {
    man: 'open(2)',
    errnos: ['EACCES', 'EINTR', 'EIO', 'ELOOP', 'EMFILE', 'ENFILE', 'ENODEV', 'ENOENT', 'ENOMEM', 'EPERM'],
  },
  // Of write(2) to a file of cgroups(7).
  write: {
    man: 'write(2)',
    errnos: [
      'EACCES',
      'EBUSY',
      'EINVAL',
      'EIO',
      'EMFILE',
      'ENOENT',
      'ENOSPC',
      'EOPNOTSUPP',
      'EPERM',
      'EROFS',
    ],
  },
  makeDirectory: {
    man: 'mkdir(2)',
    errnos: [
      'EACCES',
      'EDQUOT',
      'EEXIST',
      'EINVAL',
      'ELOOP',
      'EMLINK',
      'ENAMETOOLONG',
      'ENOENT',
      'ENOMEM',
      'ENOSPC',
      'ENOTDIR',
      'EPERM',
      'EROFS',
    ],
  },
  removeDirectory: {
    man: 'rmdir(2)',
    errnos: [
      'EACCES',
      'EBUSY',
      'EINVAL',
      'ELOOP',
      'ENAMETOOLONG',
      'ENOENT',
      'ENOMEM',
      'ENOTDIR',
      'ENOTEMPTY',
      'EPERM',
      'EROFS',
    ],
  },
};
