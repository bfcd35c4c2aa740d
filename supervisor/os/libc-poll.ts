// epoll(7), eventfd(2) and the size of a pipe over node:ffi, for a thread that waits in the kernel and not in libuv. Numbers are those of
// 64-bit Linux. The caller owns every descriptor.
import { dlopen } from 'node:ffi';
import { endianness } from 'node:os';
import { done, failed } from './libc-errno.ts';
import type { CallResult } from './system-calls.ts';

const I32 = 'int32';
const BUF = 'buffer';
// <sys/epoll.h>, <sys/eventfd.h>, <fcntl.h>
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 1;
const EPOLLOUT = 4;
const CLOEXEC = 0o2000000;
const NONBLOCK = 0o4000;
const F_SETPIPE_SZ = 1031;
const F_GETFL = 3;
const F_SETFL = 4;
/** struct epoll_event: on x86-64 alone it is packed. */
const DATA_AT = process.arch === 'x64' ? 4 : 8;
const EVENT_BYTES = DATA_AT + 8;
/** Of one wait; what is ready besides is told by the next. */
const MOST_EVENTS = 256;

const { functions: c } = dlopen(null, {
  epoll_create1: { return: I32, arguments: [I32] },
  epoll_ctl: { return: I32, arguments: [I32, I32, I32, BUF] },
  epoll_wait: { return: I32, arguments: [I32, BUF, I32, I32] },
  eventfd: { return: I32, arguments: ['uint32', I32] },
  // Variadic in C: see libc.ts.
  fcntl: { return: I32, arguments: [I32, I32, 'int64'] },
});

export function createEventDescriptor(): CallResult<number> {
  const fd = c.eventfd(0, CLOEXEC | NONBLOCK);
  return fd < 0 ? failed() : { ok: true, value: fd };
}

export function createEpoll(): CallResult<number> {
  const fd = c.epoll_create1(CLOEXEC);
  return fd < 0 ? failed() : { ok: true, value: fd };
}

export function addToEpoll(epoll: number, fd: number, interest: 'readable' | 'writable'): CallResult<void> {
  const event = Buffer.alloc(EVENT_BYTES);
  writeNative(event, interest === 'readable' ? EPOLLIN : EPOLLOUT, 0);
  writeNative(event, fd, DATA_AT);
  return done(c.epoll_ctl(epoll, EPOLL_CTL_ADD, fd, event));
}

export function removeFromEpoll(epoll: number, fd: number): CallResult<void> {
  return done(c.epoll_ctl(epoll, EPOLL_CTL_DEL, fd, Buffer.alloc(EVENT_BYTES)));
}

const events = Buffer.allocUnsafeSlow(EVENT_BYTES * MOST_EVENTS);

/** Holds the thread. `timeoutMs`: -1 for as long as it takes. EINTR is an error like the others. */
export function waitForEpoll(epoll: number, timeoutMs: number): CallResult<readonly number[]> {
  const count = c.epoll_wait(epoll, events, MOST_EVENTS, timeoutMs);
  if (count < 0) return failed();
  const ready = Array.from({ length: count }, (_, index) => readNative(index * EVENT_BYTES + DATA_AT));
  return { ok: true, value: ready };
}

/** O_NONBLOCK belongs to the open file description: for whoever shares it too. */
export function makeNonBlocking(fd: number): CallResult<void> {
  const flags = c.fcntl(fd, F_GETFL, 0n);
  return flags < 0 ? failed() : done(c.fcntl(fd, F_SETFL, BigInt(flags | NONBLOCK)));
}

/** pipe(7): EPERM beyond /proc/sys/fs/pipe-max-size or the user's share, without a privilege. */
export function setPipeSize(fd: number, bytes: number): CallResult<void> {
  const size = c.fcntl(fd, F_SETPIPE_SZ, BigInt(bytes));
  return size < 0 ? failed() : { ok: true, value: undefined };
}

const isLittle = endianness() === 'LE';

function writeNative(buffer: Buffer, value: number, at: number): void {
  if (isLittle) buffer.writeInt32LE(value, at);
  else buffer.writeInt32BE(value, at);
}

function readNative(at: number): number {
  return isLittle ? events.readInt32LE(at) : events.readInt32BE(at);
}
