// The datagram socket of one run's sd_notify(3), in the abstract namespace of unix(7): bounded reading, and an end to every
// descriptor that comes with a message. Understands nothing of what it reads. Whatever a sender does, the loop neither stalls nor spins.
import { LONGEST_MESSAGE_BYTES } from './notify-message.ts';
import type { CallResult, Datagram, Errno, ReadableWatch, SystemCalls } from './system-calls.ts';

/** So many in one turn of the loop; the poll comes back for the rest. */
const BATCH = 64;
/** What fails now (ENOBUFS, ENOMEM) would fail again at once while the socket stays readable. */
const REST_MS = 100;

export type SocketCalls = Pick<
  SystemCalls,
  'datagramSocket' | 'passCredentials' | 'bindAbstract' | 'receive' | 'closeAside' | 'close' | 'whenReadable'
>;

export type Opened =
  | { readonly ok: true; readonly value: NotifySocket }
  | { readonly ok: false; readonly errno: Errno; readonly step: string };

export function openNotifySocket(
  calls: SocketCalls,
  name: string,
  take: (datagram: Datagram) => void,
  failed: (errno: Errno) => void,
): Opened {
  const made = calls.datagramSocket();
  if (!made.ok) return { ...made, step: 'socket(2)' };
  const fd = made.value;
  const steps: readonly (readonly [string, () => CallResult<unknown>])[] = [
    ['setsockopt(2)', () => calls.passCredentials(fd)],
    ['bind(2)', () => calls.bindAbstract(fd, name)],
  ];
  for (const [step, call] of steps) {
    const result = call();
    if (!result.ok) return giveUp(calls, fd, result.errno, step);
  }
  const socket = new NotifySocket(calls, fd, take, failed);
  const watched = socket.watch();
  if (!watched.ok) return giveUp(calls, fd, watched.errno, 'uv_poll_init');
  return { ok: true, value: socket };
}

/** One that another process image has opened. What was sent meanwhile waits in it. */
export function resumeNotifySocket(
  calls: SocketCalls,
  fd: number,
  take: (datagram: Datagram) => void,
  failed: (errno: Errno) => void,
): Opened {
  const socket = new NotifySocket(calls, fd, take, failed);
  const watched = socket.watch();
  return watched.ok ? { ok: true, value: socket } : giveUp(calls, fd, watched.errno, 'uv_poll_init');
}

function giveUp(calls: SocketCalls, fd: number, errno: Errno, step: string): Opened {
  calls.close(fd);
  return { ok: false, errno, step };
}

export class NotifySocket implements Disposable {
  readonly #calls: SocketCalls;
  readonly #fd: number;
  readonly #take: (datagram: Datagram) => void;
  readonly #failed: (errno: Errno) => void;
  #watch: ReadableWatch | undefined;
  #state: 'open' | 'closed' = 'open';
  #rest: NodeJS.Timeout | undefined;
  /** Descriptors that are on their way to be closed. */
  #closing = 0;

  /** `failed`: it cannot be read, for now; told each time. */
  constructor(
    calls: SocketCalls,
    fd: number,
    take: (datagram: Datagram) => void,
    failed: (errno: Errno) => void,
  ) {
    this.#calls = calls;
    this.#fd = fd;
    this.#take = take;
    this.#failed = failed;
  }

  get descriptor(): number {
    return this.#fd;
  }

  watch(): CallResult<ReadableWatch> {
    const watched = this.#calls.whenReadable(this.#fd, () => {
      this.#receive(() => this.#closing === 0);
    });
    if (watched.ok) this.#watch = watched.value;
    return watched;
  }

  /** What there is now, because it will not be asked for later. */
  drain(): void {
    this.#receive(() => true);
  }

  [Symbol.dispose](): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#rest);
    this.#watch?.[Symbol.dispose]();
    // With it goes what nobody has read; whoever waits at a barrier in it is let go.
    this.#calls.close(this.#fd);
  }

  /** As far as one turn of the loop goes, and to the next message with descriptors: those are closed first. */
  #receive(mayGoOn: () => boolean): void {
    for (let n = 0; n < BATCH && this.#state === 'open' && mayGoOn(); n++) {
      const received = this.#calls.receive(this.#fd, LONGEST_MESSAGE_BYTES);
      if (received.ok) this.#handle(received.value);
      else if (received.errno === 'EAGAIN') return;
      else if (received.errno !== 'EINTR') {
        this.#failed(received.errno);
        this.#pauseFor(REST_MS);
        return;
      }
    }
  }

  /** BARRIER=1 is answered here: its descriptor is closed after all that came before it has been handled. */
  #handle({ descriptors, ...datagram }: Datagram): void {
    try {
      this.#take({ descriptors, ...datagram });
    } finally {
      this.#closeAll(descriptors);
    }
  }

  #closeAll(descriptors: readonly number[]): void {
    if (descriptors.length === 0) return;
    this.#watch?.pause();
    this.#closing += descriptors.length;
    for (const fd of descriptors)
      this.#calls.closeAside(fd, () => {
        this.#closing--;
        this.#resume();
      });
  }

  #pauseFor(ms: number): void {
    this.#watch?.pause();
    this.#rest ??= setTimeout(() => {
      this.#rest = undefined;
      this.#resume();
    }, ms);
  }

  #resume(): void {
    if (this.#closing === 0 && this.#rest === undefined) this.#watch?.resume();
  }
}
