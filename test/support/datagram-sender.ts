// Sends datagrams as a service would, with descriptors if need be, by sendmsg(2): Node has no Unix datagram sockets. Numbers are
// those of 64-bit Linux.
import assert from 'node:assert/strict';
import { dlopen, getInt32, getRawPointer } from 'node:ffi';
import { readSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';

const I32 = 'int32';
const { functions: c } = dlopen(null, {
  __errno_location: { return: 'pointer', arguments: [] },
  socket: { return: I32, arguments: [I32, I32, I32] },
  connect: { return: I32, arguments: [I32, 'buffer', 'uint32'] },
  sendmsg: { return: 'int64', arguments: [I32, 'buffer', I32] },
  close: { return: I32, arguments: [I32] },
  pipe2: { return: I32, arguments: ['buffer', I32] },
});

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_DONTWAIT = 0x40;
const O_CLOEXEC_NONBLOCK = 0o2004000;

/** To the address of NOTIFY_SOCKET. EAGAIN: its queue is full. */
export class DatagramSender implements Disposable {
  readonly #fd: number;

  constructor(address: string) {
    this.#fd = checked(c.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0));
    const name = Buffer.from(`\0\0\0${address.slice(1)}`);
    name.writeUInt16LE(AF_UNIX, 0);
    checked(c.connect(this.#fd, name, name.length));
  }

  send(message: string | Buffer, descriptors: readonly number[] = []): void {
    const bytes = Buffer.from(message);
    const control = rights(descriptors);
    // struct msghdr of 56 bytes and the one struct iovec behind it.
    const header = Buffer.allocUnsafeSlow(72).fill(0);
    header.writeBigUInt64LE(getRawPointer(header) + 56n, 16);
    header.writeBigUInt64LE(1n, 24);
    if (control.length > 0) header.writeBigUInt64LE(getRawPointer(control), 32);
    header.writeBigUInt64LE(BigInt(control.length), 40);
    if (bytes.length > 0) header.writeBigUInt64LE(getRawPointer(bytes), 56);
    header.writeBigUInt64LE(BigInt(bytes.length), 64);
    checked(Number(c.sendmsg(this.#fd, header, MSG_DONTWAIT)));
  }

  [Symbol.dispose](): void {
    c.close(this.#fd);
  }
}

export function pipe(): { readonly read: number; readonly write: number } {
  const ends = Buffer.allocUnsafeSlow(8);
  checked(c.pipe2(ends, O_CLOEXEC_NONBLOCK));
  return { read: ends.readInt32LE(0), write: ends.readInt32LE(4) };
}

/** Whether the other end of this pipe is closed, everywhere. */
export function isHungUp(readEnd: number): boolean {
  try {
    return readSync(readEnd, Buffer.alloc(1)) === 0;
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
    return false;
  }
}

export function close(fd: number): void {
  checked(c.close(fd));
}

function rights(descriptors: readonly number[]): Buffer {
  if (descriptors.length === 0) return Buffer.alloc(0);
  const length = 16 + 4 * descriptors.length;
  const control = Buffer.allocUnsafeSlow(Math.ceil(length / 8) * 8).fill(0);
  control.writeBigUInt64LE(BigInt(length), 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  for (const [index, fd] of descriptors.entries()) control.writeInt32LE(fd, 16 + 4 * index);
  return control;
}

function checked(result: number): number {
  if (result < 0) throw new Error(getSystemErrorName(-getInt32(c.__errno_location(), 0)));
  return result;
}
