// A TCP connection whose last close(2) waits: SO_LINGER of socket(7), data that was not sent yet, and a peer that does not read.
import { once } from 'node:events';
import { dlopen } from 'node:ffi';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const { functions: c } = dlopen(null, {
  setsockopt: { return: 'int32', arguments: ['int32', 'int32', 'int32', 'buffer', 'uint32'] },
  send: { return: 'int64', arguments: ['int32', 'buffer', 'uint64', 'int32'] },
});

const SOL_SOCKET = 1;
const SO_LINGER = 13;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** Were somebody to wait for it, so long. */
const LINGER_SECONDS = 5;

export class LingeringSocket implements AsyncDisposable {
  readonly #server: Server;
  readonly #ours: Socket;
  readonly #peer: Socket;

  private constructor(server: Server, ours: Socket, peer: Socket) {
    this.#server = server;
    this.#ours = ours;
    this.#peer = peer;
  }

  static async create(): Promise<LingeringSocket> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ours = connect(port, '127.0.0.1');
    const [peer] = (await once(server, 'connection')) as [Socket];
    if (ours.connecting) await once(ours, 'connect');
    const socket = new LingeringSocket(server, ours, peer);
    socket.#fill();
    return socket;
  }

  get fd(): number {
    const { _handle: handle } = this.#ours as unknown as { _handle: { fd: number } };
    return handle.fd;
  }

  /** Our own copy. */
  close(): void {
    this.#ours.destroy();
  }

  /** From the other side: nothing is waited for any more. */
  reset(): void {
    this.#peer.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    this.reset();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #fill(): void {
    const linger = Buffer.alloc(8);
    linger.writeInt32LE(1, 0);
    linger.writeInt32LE(LINGER_SECONDS, 4);
    c.setsockopt(this.fd, SOL_SOCKET, SO_LINGER, linger, linger.length);
    const data = Buffer.alloc(1 << 16);
    while (c.send(this.fd, data, BigInt(data.length), MSG_DONTWAIT | MSG_NOSIGNAL) > 0n);
  }
}
