// What a process is doing at the moment, from proc_pid_syscall(5) and proc_pid_stat(5): the system call that it is in, and on which descriptor.
// Only of its first thread. Linux numbers system calls by machine.
import { arch } from 'node:os';

/** Those in which programs wait; the number of the descriptor is their first argument where `fd` says so. */
type Call = { readonly name: string; readonly fd?: 'first' };

const fd = (name: string): Call => ({ name, fd: 'first' });
const call = (name: string): Call => ({ name });

const CALLS: Readonly<Record<string, Readonly<Record<number, Call>>>> = {
  x64: {
    0: fd('read'),
    1: fd('write'),
    7: call('poll'),
    17: fd('pread64'),
    18: fd('pwrite64'),
    19: fd('readv'),
    20: fd('writev'),
    23: call('select'),
    34: call('pause'),
    35: call('nanosleep'),
    42: fd('connect'),
    43: fd('accept'),
    44: fd('sendto'),
    45: fd('recvfrom'),
    46: fd('sendmsg'),
    47: fd('recvmsg'),
    61: call('wait4'),
    72: fd('fcntl'),
    73: fd('flock'),
    74: fd('fsync'),
    75: fd('fdatasync'),
    128: call('rt_sigtimedwait'),
    130: call('rt_sigsuspend'),
    202: call('futex'),
    230: call('clock_nanosleep'),
    232: call('epoll_wait'),
    247: call('waitid'),
    257: call('openat'),
    270: call('pselect6'),
    271: call('ppoll'),
    281: call('epoll_pwait'),
    288: fd('accept4'),
    426: call('io_uring_enter'),
    441: call('epoll_pwait2'),
  },
  arm64: {
    22: call('epoll_pwait'),
    25: fd('fcntl'),
    32: fd('flock'),
    56: call('openat'),
    63: fd('read'),
    64: fd('write'),
    65: fd('readv'),
    66: fd('writev'),
    67: fd('pread64'),
    68: fd('pwrite64'),
    72: call('pselect6'),
    73: call('ppoll'),
    82: fd('fsync'),
    83: fd('fdatasync'),
    95: call('waitid'),
    98: call('futex'),
    101: call('nanosleep'),
    115: call('clock_nanosleep'),
    133: call('rt_sigsuspend'),
    137: call('rt_sigtimedwait'),
    202: fd('accept'),
    203: fd('connect'),
    206: fd('sendto'),
    207: fd('recvfrom'),
    211: fd('sendmsg'),
    212: fd('recvmsg'),
    242: fd('accept4'),
    260: call('wait4'),
    426: call('io_uring_enter'),
    441: call('epoll_pwait2'),
  },
};

const MEANING: Readonly<Record<string, string>> = {
  futex: 'for a lock, or for another thread',
  wait4: 'for a child to end',
  waitid: 'for a child to end',
  nanosleep: 'for time to pass',
  clock_nanosleep: 'for time to pass',
  epoll_wait: 'for something to happen',
  epoll_pwait: 'for something to happen',
  epoll_pwait2: 'for something to happen',
  poll: 'for something to happen',
  ppoll: 'for something to happen',
  select: 'for something to happen',
  pselect6: 'for something to happen',
  pause: 'for a signal',
  rt_sigsuspend: 'for a signal',
  rt_sigtimedwait: 'for a signal',
  flock: 'for a lock on a file',
};

const STATES: Readonly<Record<string, string>> = {
  R: 'running',
  S: 'waiting',
  D: 'waiting for the disk, or for a file system (it cannot be interrupted)',
  Z: 'a zombie: its parent has not asked how it ended',
  T: 'stopped by a signal; SIGCONT lets it go on',
  t: 'stopped by a debugger',
  I: 'idle',
};

/** `syscall`: what the file holds, undefined when it may not be read. `describeFd`: what a descriptor is. */
export function describeBlocked(
  state: string,
  syscall: string | undefined,
  describeFd: (fd: string) => string | undefined,
  machine: string = arch(),
): string {
  const doing = STATES[state] ?? `in state ${state}`;
  const [number = '', first = ''] = (syscall ?? '').trim().split(' ');
  // Of what cannot go on by itself it does not matter in which call it was; a process that runs is in none.
  if ('ZTt'.includes(state) || !/^\d+$/.test(number)) return doing;
  const found = CALLS[machine]?.[Number(number)];
  return `${doing}${found === undefined ? `, in system call ${number}` : describeCall(found, state, first, describeFd)}`;
}

function describeCall(
  { name, fd: takesFd }: Call,
  state: string,
  first: string,
  describeFd: (fd: string) => string | undefined,
): string {
  if (takesFd === undefined) {
    const meaning = state === 'S' ? MEANING[name] : undefined;
    return `${meaning === undefined ? '' : ` ${meaning}`} (${name})`;
  }
  const descriptor = String(Number(first));
  return `, in ${name} of ${describeFd(descriptor) ?? 'what is closed'} (fd ${descriptor})`;
}
