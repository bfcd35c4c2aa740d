// Descriptors of processes over node:ffi: pidfd_open(2), pidfd_send_signal(2), and how a process ended, which Linux tells since 6.15
// also to those who are not its parent. Called by number, since glibc has them from 2.36 on only. The caller owns every descriptor.
import { dlopen } from 'node:ffi';
import { done, failed } from './libc-errno.ts';
import type { SystemCalls } from './system-calls.ts';
import { decodeWaitStatus } from './wait-status.ts';

const I32 = 'int32';
const BUF = 'buffer';

// <asm-generic/unistd.h>
const SYS_PIDFD_SEND_SIGNAL = 424n;
const SYS_PIDFD_OPEN = 434n;
// <linux/pidfd.h>: struct pidfd_info in its first size, _IOWR(0xFF, 11, struct pidfd_info)
const INFO_BYTES = 64;
const PIDFD_GET_INFO = (3n << 30n) | (BigInt(INFO_BYTES) << 16n) | (0xffn << 8n) | 11n;
const PIDFD_INFO_EXIT = 8n;
/** What was asked for, and then what is there. */
const MASK = 0;
/** As in wait(2). */
const EXIT_CODE = 60;

type ProcessCalls = Pick<SystemCalls, 'openProcess' | 'signalProcess' | 'exitOfProcess'>;
type Functions = ReturnType<typeof resolve>;
let resolved: Functions | undefined;

function resolve() {
  return dlopen(null, {
    syscall: { return: 'int64', arguments: ['int64', 'uint64', 'uint64', 'uint64', 'uint64'] },
    // Variadic in C: see libc.ts.
    ioctl: { return: I32, arguments: [I32, 'uint64', BUF] },
  }).functions;
}

function c(): Functions {
  return (resolved ??= resolve());
}

export const processCalls: ProcessCalls = {
  // The kernel sets FD_CLOEXEC by itself.
  openProcess(pid) {
    const fd = Number(c().syscall(SYS_PIDFD_OPEN, BigInt(pid), 0n, 0n, 0n));
    return fd < 0 ? failed() : { ok: true, value: fd };
  },

  signalProcess: (fd, signal) =>
    done(Number(c().syscall(SYS_PIDFD_SEND_SIGNAL, BigInt(fd), BigInt(signal), 0n, 0n))),

  exitOfProcess(fd) {
    const info = Buffer.alloc(INFO_BYTES);
    info.writeBigUInt64LE(PIDFD_INFO_EXIT, MASK);
    if (c().ioctl(fd, PIDFD_GET_INFO, info) < 0) return failed();
    const isTold = (info.readBigUInt64LE(MASK) & PIDFD_INFO_EXIT) !== 0n;
    return { ok: true, value: isTold ? decodeWaitStatus(info.readInt32LE(EXIT_CODE)) : undefined };
  },
};
