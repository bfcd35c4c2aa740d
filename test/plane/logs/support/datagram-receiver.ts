// A Unix datagram socket at a path, as /dev/log is: Node has none. Reads only when asked to, so that its queue can be full.
import { dlopen } from 'node:ffi';
import { closeSync, unlinkSync } from 'node:fs';
import { libc } from '../../../../supervisor/os/libc.ts';

const AF_UNIX = 1;
const LONGEST = 65_536;

export class DatagramReceiver implements Disposable {
  readonly #path: string;
  readonly #fd: number;

  constructor(path: string) {
    this.#path = path;
    const made = libc.datagramSocket();
    if (!made.ok) throw new Error(made.errno);
    this.#fd = made.value;
    const address = Buffer.from(`\0\0${path}\0`);
    address.writeUInt16LE(AF_UNIX, 0);
    const { functions } = dlopen(null, {
      bind: { return: 'int32', arguments: ['int32', 'buffer', 'uint32'] },
    });
    if (functions.bind(this.#fd, address, address.length) !== 0) throw new Error(`cannot bind ${path}`);
  }

  /** What has come. */
  read(): readonly Buffer[] {
    const messages: Buffer[] = [];
    for (;;) {
      const received = libc.receive(this.#fd, LONGEST);
      if (!received.ok) return messages;
      messages.push(received.value.bytes);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
    unlinkSync(this.#path);
  }
}
