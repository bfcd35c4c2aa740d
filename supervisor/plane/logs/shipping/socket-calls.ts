// What Node has no function for, as a port: os/libc-datagram.ts is the real one.

export type SocketResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errno: string };

export type SocketCalls = {
  /** socket(2) and connect(2) of a Unix datagram socket, non-blocking. EPROTOTYPE: the receiver's is a stream socket. */
  openDatagram(path: string): SocketResult<number>;
  /** send(2). EAGAIN: the receiver's queue is full. */
  sendDatagram(fd: number, message: Uint8Array): SocketResult<void>;
  closeDatagram(fd: number): void;
  /** ioctl(2) SIOCOUTQ: of TCP what the other side's kernel has not acknowledged, tcp(7); of a Unix socket what the other side has not read. */
  unsentBytes(fd: number): SocketResult<number>;
};
