// How many connections there may be: the descriptors are Bosun's, and a Bosun that has none left for a pipe can start no service.
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Each reader of a stream or of a job's output has one. */
const MOST_CONNECTIONS = 2048;
const FEWEST_CONNECTIONS = 32;
/** Of the last connections of the control socket. */
const KEPT_BACK = 16;

/** Of each server, where so many share. A quarter of all descriptors is for the control socket, another for all listeners together. */
export function mostConnections(sharers: number, openFiles: number = openFileLimit()): number {
  const share = Math.floor(openFiles / 4 / sharers);
  return Math.max(FEWEST_CONNECTIONS, Math.min(MOST_CONNECTIONS, share));
}

/** Whoever fills the socket with connections keeps out others of its kind, and not those who can do something about it. */
export function keepRoomFor(server: Server, isPreferred: (socket: Socket) => boolean): void {
  let open = 0;
  server.on('connection', (socket: Socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    if (open > server.maxConnections - KEPT_BACK && !isPreferred(socket)) socket.destroy();
  });
}

/** RLIMIT_NOFILE, proc_pid_limits(5); Node has raised it as far as it may. Without /proc there is none that we know of. */
function openFileLimit(): number {
  try {
    const [, soft = ''] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === '' ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}
