// HTTP Upgrade, RFC 9110 section 7.8, for `bosun-exec`: the request goes the way of every other one, with the same access, limits and
// audit; only when its handler says so does the connection become a stream of frames.
import { ServerResponse, type IncomingMessage, type Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const PROTOCOL = 'bosun-exec';
const KEEP_ALIVE_MS = 30_000;

/**
 * Requests with an upgrade are requests: Node hands them out apart, as soon as somebody listens for them. `isBusy`: whether another
 * one is being answered on that connection, which is not free for anything else then.
 */
export function serveUpgrades(server: Server, isBusy: (socket: Socket) => boolean): void {
  server.on('upgrade', (incoming, socket, head) => {
    // Both servers of Node are servers of sockets.
    if (!(socket instanceof Socket) || isBusy(socket)) {
      socket.destroy();
      return;
    }
    // Node has taken its own listener away with the parser.
    socket.on('error', () => {
      socket.destroy();
    });
    if (head.length > 0) socket.unshift(head);
    const outgoing = new ServerResponse(incoming);
    outgoing.shouldKeepAlive = false;
    outgoing.assignSocket(socket);
    outgoing.once('finish', () => {
      socket.end();
    });
    server.emit('request', incoming, outgoing);
  });
}

export function isUpgrade({ headers }: IncomingMessage): boolean {
  const connection = headers.connection?.toLowerCase() ?? '';
  return /\bupgrade\b/.test(connection) && headers.upgrade?.toLowerCase() === PROTOCOL;
}

/** Answers 101; from then on the connection is the caller's, its errors too. */
export function takeConnection(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  headers: Readonly<Record<string, string>>,
): Duplex {
  const { socket } = incoming;
  outgoing.detachSocket(socket);
  // Whoever keeps count of the answers that are under way.
  socket.once('close', () => {
    outgoing.emit('close');
  });
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  const lines = Object.entries({ connection: 'Upgrade', upgrade: PROTOCOL, ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${head}\r\n`);
  return socket;
}
