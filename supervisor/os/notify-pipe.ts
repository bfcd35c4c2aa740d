// s6's readiness protocol: the service writes a newline on the descriptor it was promised. What comes before the newline
// does not matter, and an end without one says nothing: the start-up timeout decides then.
import { Socket } from 'node:net';

const NEWLINE = 0x0a;

/** Owns the read end from now on; closes it after the first newline or at the end. */
export function watchNotifyPipe(
  fd: number,
  ready: () => void,
): Disposable & { readonly descriptor: number | undefined } {
  const socket = new Socket({ fd, readable: true, writable: false });
  socket.on('error', () => {
    socket.destroy();
  });
  socket.on('data', (chunk: Buffer) => {
    if (!chunk.includes(NEWLINE)) return;
    socket.destroy();
    ready();
  });
  return {
    get descriptor() {
      return socket.destroyed ? undefined : fd;
    },
    [Symbol.dispose]: () => {
      socket.destroy();
    },
  };
}
