// The control plane's end of the channel to the logs' thread: the newest and the coming lines of services come from there, and whoever follows
// goes on when there is one again. Bosun's own lines go through memory that both share, and wait here, up to a bound, until that is there.
import { writeSync } from 'node:fs';
import type { HeldBlock, LogReply, LogRequest, RingMoment } from '../../core/log-message.ts';
import type { ToPlane } from '../../core/plane-message.ts';
import { OwnLineRing } from './own-line-ring.ts';

/** eventfd(2): eight bytes of a number that is added to the counter. */
const RING = Buffer.from(new BigUint64Array([1n]).buffer);
/** Before the logs' thread is known. */
const MOST_OWN_LINES = 1000;

export type BlockListener = {
  /** All that is held: first, and again when another logs' thread has taken the place of the one before. */
  newest(blocks: readonly HeldBlock[]): void;
  block(block: HeldBlock): void;
  /** So many lines were not told, since too much was on its way. */
  missed(lines: number): void;
};

export type Following = {
  /** So many bytes of blocks have been used up: others may come. */
  taken(bytes: number): void;
  stop(): void;
};

type Reading = {
  readonly services: readonly string[];
  readonly lines: number;
  readonly newest: (blocks: readonly HeldBlock[]) => void;
  readonly listener: BlockListener | undefined;
  takenBytes: number;
};

type Watch = {
  readonly service: string;
  readonly seen: RingMoment | undefined;
  readonly grown: (at: RingMoment) => void;
};

export class LogClient {
  readonly #onRotated: (service: string, path: string) => void;
  readonly #readings = new Map<number, Reading>();
  readonly #watches = new Set<Watch>();
  #channel: { readonly port: MessagePort; readonly bell: number } | undefined;
  #ring: OwnLineRing | undefined;
  #bell = -1;
  #own: string[] = [];
  #ownDropped = 0;
  #nextId = 1;

  constructor(onRotated: (service: string, path: string) => void) {
    this.#onRotated = onRotated;
  }

  /** In place of the one before, whose thread or whose end is gone. */
  join({ port, bell, board }: Extract<ToPlane, { type: 'logs' }>): void {
    this.#channel?.port.close();
    this.#channel = { port, bell };
    this.#bell = bell;
    this.#ring = new OwnLineRing(board);
    port.onmessage = ({ data }: { readonly data: unknown }): void => {
      this.#onReply(data as LogReply);
    };
    port.addEventListener('close', () => {
      if (this.#channel?.port === port) this.#channel = undefined;
    });
    // It must not keep the thread alive by itself: Node's ports have that beside the standard.
    if ('unref' in port && typeof port.unref === 'function') port.unref();
    this.#giveOutOwn(this.#ring);
    for (const [id, reading] of this.#readings) {
      reading.takenBytes = 0;
      this.#postRead(id, reading);
    }
    for (const { service, seen } of this.#watches) this.#post({ type: 'watch', service, seen });
  }

  /** Lines that standard output was to show and never did, since Bosun started. */
  get droppedLines(): number {
    return this.#ring?.droppedLines ?? 0;
  }

  /** With its newline as it is to stand on standard output; without one it is shown as a service's line would be. */
  writeOwn(line: string): void {
    if (this.#ring !== undefined) {
      this.#ring.put(line);
      // Also where the thread is dead: the next one hears it.
      ring(this.#bell);
    } else if (this.#own.length < MOST_OWN_LINES) this.#own.push(line);
    else this.#ownDropped++;
  }

  /** The newest lines that are held in memory, oldest first in each service. */
  newest(services: readonly string[], lines: number): Promise<readonly HeldBlock[]> {
    return new Promise((resolve) => {
      this.#read({ services, lines, newest: resolve, listener: undefined, takenBytes: 0 });
    });
  }

  /** All that is held, and then each block from exactly there on. */
  follow(services: readonly string[], listener: BlockListener): Following {
    const newest = (blocks: readonly HeldBlock[]): void => {
      listener.newest(blocks);
    };
    const reading: Reading = { services, lines: Infinity, newest, listener, takenBytes: 0 };
    const id = this.#read(reading);
    return {
      taken: (bytes) => {
        reading.takenBytes += bytes;
        this.#post({ type: 'taken', id, bytes: reading.takenBytes });
      },
      stop: () => {
        if (this.#readings.delete(id)) this.#post({ type: 'unfollow', id });
      },
    };
  }

  /** Calls `grown` once: when the service has written more than up to `seen`, or at once if it has already. The result ends it. */
  watch(service: string, seen: RingMoment | undefined, grown: (at: RingMoment) => void): () => void {
    const watch = { service, seen, grown };
    this.#watches.add(watch);
    this.#post({ type: 'watch', service, seen });
    return () => {
      this.#watches.delete(watch);
    };
  }

  #giveOutOwn(own: OwnLineRing): void {
    own.countDropped(this.#ownDropped);
    this.#ownDropped = 0;
    for (const line of this.#own) own.put(line);
    this.#own = [];
    ring(this.#bell);
  }

  #read(reading: Reading): number {
    const id = this.#nextId++;
    this.#readings.set(id, reading);
    this.#postRead(id, reading);
    return id;
  }

  #postRead(id: number, { services, lines, listener }: Reading): void {
    this.#post({ type: 'read', id, services, lines, follow: listener === undefined ? 'once' : 'follow' });
  }

  #onReply(reply: LogReply): void {
    switch (reply.type) {
      case 'rotated':
        this.#onRotated(reply.service, reply.path);
        return;
      case 'grown':
        this.#tellGrown(reply.service, reply.at);
        return;
      case 'newest':
        this.#onNewest(reply.id, reply.blocks);
        return;
      case 'lines':
        this.#readings.get(reply.id)?.listener?.block(reply.block);
        return;
      case 'missed':
        this.#readings.get(reply.id)?.listener?.missed(reply.lines);
        return;
    }
  }

  #onNewest(id: number, blocks: readonly HeldBlock[]): void {
    const reading = this.#readings.get(id);
    if (reading === undefined) return;
    if (reading.listener === undefined) this.#readings.delete(id);
    reading.newest(blocks);
  }

  #tellGrown(service: string, at: RingMoment): void {
    for (const watch of [...this.#watches]) {
      if (watch.service !== service || isSame(watch.seen, at)) continue;
      this.#watches.delete(watch);
      watch.grown(at);
    }
  }

  #post(request: LogRequest): void {
    if (this.#channel === undefined) return;
    this.#channel.port.postMessage(request);
    ring(this.#channel.bell);
  }
}

function isSame(one: RingMoment | undefined, other: RingMoment): boolean {
  return one?.bornMs === other.bornMs && one.byte === other.byte;
}

/** EAGAIN: it has been rung 2^64 times, and nobody has come. */
function ring(bell: number): 'rung' | 'full' {
  try {
    writeSync(bell, RING);
    return 'rung';
  } catch {
    return 'full';
  }
}
