// Unix datagram sockets, which Node does not have: socket(2), bind(2), recvmsg(2) with control data. Offsets and numbers are
// those of 64-bit Linux with glibc. Resolved at the first use, since few fleets need them.
import { dlopen, getRawPointer } from 'node:ffi';
import { close } from 'node:fs';
import { done, failed } from './libc-errno.ts';
import type { Datagram, PeerCredentials, SystemCalls } from './system-calls.ts';

const I32 = 'int32';
const BUF = 'buffer';

// <sys/socket.h>
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_PASSCRED = 16;
const SO_PEERGROUPS = 59;
const SCM_RIGHTS = 1;
const SCM_CREDENTIALS = 2;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const MSG_CMSG_CLOEXEC = 0x40000000;
/** Most users are in fewer; NGROUPS_MAX of the kernel is 65536. */
const USUAL_GROUPS = 64;
/** SCM_MAX_FD of the kernel, unix(7): with room for all of them none is closed by the kernel in the middle of our call. */
const MOST_DESCRIPTORS = 253;

// struct msghdr and struct iovec behind it, recvmsg(2).
const MESSAGE_BYTES = 56;
const IOVEC = 16;
const IOVEC_COUNT = 24;
const CONTROL = 32;
const CONTROL_LENGTH = 40;
const FLAGS = 48;
const IOVEC_BYTES = 16;
// struct cmsghdr, cmsg(3): length, level and type, then the data; each is aligned to 8.
const CONTROL_HEADER_BYTES = 16;
const CONTROL_LEVEL = 8;
const CONTROL_TYPE = 12;
const CREDENTIALS_BYTES = 12;
const CONTROL_BYTES =
  aligned(CONTROL_HEADER_BYTES + CREDENTIALS_BYTES) + aligned(CONTROL_HEADER_BYTES + 4 * MOST_DESCRIPTORS);

type SocketCalls = Pick<
  SystemCalls,
  'peerGroups' | 'datagramSocket' | 'passCredentials' | 'bindAbstract' | 'receive' | 'closeAside'
>;

type Functions = ReturnType<typeof resolve>;
let resolved: Functions | undefined;

function resolve() {
  return dlopen(null, {
    socket: { return: I32, arguments: [I32, I32, I32] },
    getsockopt: { return: I32, arguments: [I32, I32, I32, BUF, BUF] },
    setsockopt: { return: I32, arguments: [I32, I32, I32, BUF, 'uint32'] },
    bind: { return: I32, arguments: [I32, BUF, 'uint32'] },
    recvmsg: { return: 'int64', arguments: [I32, BUF, I32] },
  }).functions;
}

function c(): Functions {
  return (resolved ??= resolve());
}

export const socketCalls: SocketCalls = {
  peerGroups(fd) {
    const length = Buffer.allocUnsafeSlow(4);
    const read = (bytes: number): Buffer | undefined => {
      const groups = Buffer.allocUnsafeSlow(bytes);
      length.writeUInt32LE(bytes);
      return c().getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, length) < 0 ? undefined : groups;
    };
    let groups = read(4 * USUAL_GROUPS);
    // ERANGE: the length that it needs stands in `length`.
    if (groups === undefined && length.readUInt32LE() > 4 * USUAL_GROUPS)
      groups = read(length.readUInt32LE());
    if (groups === undefined) return failed();
    const count = length.readUInt32LE() / 4;
    return { ok: true, value: Array.from({ length: count }, (_, index) => groups.readUInt32LE(4 * index)) };
  },

  datagramSocket() {
    const fd = c().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd < 0 ? failed() : { ok: true, value: fd };
  },

  passCredentials(fd) {
    const on = Buffer.allocUnsafeSlow(4);
    on.writeInt32LE(1);
    return done(c().setsockopt(fd, SOL_SOCKET, SO_PASSCRED, on, on.length));
  },

  bindAbstract(fd, name) {
    // struct sockaddr_un { sa_family_t sun_family; char sun_path[108]; }; abstract: the path begins with a NUL.
    const address = Buffer.from(`\0\0\0${name}`);
    address.writeUInt16LE(AF_UNIX, 0);
    return done(c().bind(fd, address, address.length));
  },

  receive(fd, limit) {
    const bytes = Buffer.allocUnsafeSlow(limit);
    const control = Buffer.allocUnsafeSlow(CONTROL_BYTES).fill(0);
    const message = messageFor(bytes, control);
    const length = Number(c().recvmsg(fd, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
    if (length < 0) return failed();
    const flags = message.readInt32LE(FLAGS);
    const received = control.subarray(0, Number(message.readBigUInt64LE(CONTROL_LENGTH)));
    return {
      ok: true,
      value: {
        bytes: bytes.subarray(0, length),
        length: (flags & MSG_TRUNC) === 0 ? 'whole' : 'cut',
        ...readControl(received),
      },
    };
  },

  closeAside(fd, closed) {
    close(fd, () => {
      closed();
    });
  },
};

function messageFor(bytes: Buffer, control: Buffer): Buffer {
  const message = Buffer.allocUnsafeSlow(MESSAGE_BYTES + IOVEC_BYTES).fill(0);
  message.writeBigUInt64LE(getRawPointer(message) + BigInt(MESSAGE_BYTES), IOVEC);
  message.writeBigUInt64LE(1n, IOVEC_COUNT);
  message.writeBigUInt64LE(getRawPointer(control), CONTROL);
  message.writeBigUInt64LE(BigInt(control.length), CONTROL_LENGTH);
  message.writeBigUInt64LE(getRawPointer(bytes), MESSAGE_BYTES);
  message.writeBigUInt64LE(BigInt(bytes.length), MESSAGE_BYTES + 8);
  return message;
}

function readControl(control: Buffer): Pick<Datagram, 'sender' | 'descriptors'> {
  let sender: PeerCredentials | undefined;
  const descriptors: number[] = [];
  for (const { level, type, data } of controlMessages(control)) {
    if (level !== SOL_SOCKET) continue;
    if (type === SCM_CREDENTIALS && data.length >= CREDENTIALS_BYTES) sender = readCredentials(data);
    if (type !== SCM_RIGHTS) continue;
    for (let at = 0; at + 4 <= data.length; at += 4) descriptors.push(data.readInt32LE(at));
  }
  return { sender, descriptors };
}

function* controlMessages(control: Buffer): Generator<{ level: number; type: number; data: Buffer }> {
  for (let at = 0; at + CONTROL_HEADER_BYTES <= control.length;) {
    const length = Number(control.readBigUInt64LE(at));
    if (length < CONTROL_HEADER_BYTES) return;
    yield {
      level: control.readInt32LE(at + CONTROL_LEVEL),
      type: control.readInt32LE(at + CONTROL_TYPE),
      data: control.subarray(at + CONTROL_HEADER_BYTES, at + length),
    };
    at += aligned(length);
  }
}

/** struct ucred { pid_t pid; uid_t uid; gid_t gid; } */
function readCredentials(data: Buffer): PeerCredentials {
  return { pid: data.readInt32LE(0), uid: data.readUInt32LE(4), gid: data.readUInt32LE(8) };
}

function aligned(length: number): number {
  return Math.ceil(length / 8) * 8;
}
