// Sending from a Unix datagram socket, which Node does not have, and what of a socket's bytes has not arrived. Numbers are those of Linux.
// Resolved at the first use, since few fleets need them. The caller owns every descriptor.
import { dlopen } from 'node:ffi';
import { closeSync } from 'node:fs';
import { done, fail, failed } from './libc-errno.ts';
import type { CallResult } from './system-calls.ts';

const I32 = 'int32';
const BUF = 'buffer';
// <sys/socket.h>, <linux/sockios.h>
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const SIOCOUTQ = 0x5411n;
const ENAMETOOLONG = 36;
/** sun_path of unix(7), with the NUL at its end. */
const PATH_BYTES = 108;

type Functions = ReturnType<typeof resolve>;
let resolved: Functions | undefined;

function resolve() {
  return dlopen(null, {
    socket: { return: I32, arguments: [I32, I32, I32] },
    connect: { return: I32, arguments: [I32, BUF, 'uint32'] },
    send: { return: 'int64', arguments: [I32, BUF, 'uint64', I32] },
    // Variadic in C: see libc.ts.
    ioctl: { return: I32, arguments: [I32, 'uint64', BUF] },
  }).functions;
}

function c(): Functions {
  return (resolved ??= resolve());
}

/** socket(2) and connect(2), non-blocking, with O_CLOEXEC. EPROTOTYPE: a stream socket is bound to the path. */
function openDatagram(path: string): CallResult<number> {
  // struct sockaddr_un { sa_family_t sun_family; char sun_path[108]; };
  const address = Buffer.from(`\0\0${path}\0`);
  if (address.length > 2 + PATH_BYTES) return fail(ENAMETOOLONG);
  address.writeUInt16LE(AF_UNIX, 0);
  const fd = c().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return failed();
  if (c().connect(fd, address, address.length) === 0) return { ok: true, value: fd };
  const failure = failed();
  closeSync(fd);
  return failure;
}

/** send(2). EAGAIN: the receiver's queue is full. EMSGSIZE: longer than the send buffer, socket(7). */
function sendDatagram(fd: number, message: Uint8Array): CallResult<void> {
  return done(Number(c().send(fd, message, BigInt(message.length), MSG_NOSIGNAL)));
}

/** ioctl(2) SIOCOUTQ: see tcp(7) and unix(7). */
function unsentBytes(fd: number): CallResult<number> {
  const bytes = Buffer.alloc(4);
  return c().ioctl(fd, SIOCOUTQ, bytes) < 0 ? failed() : { ok: true, value: bytes.readInt32LE() };
}

export const datagramCalls = { openDatagram, sendDatagram, closeDatagram: closeSync, unsentBytes };
