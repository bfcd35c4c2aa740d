// What one run says of itself over sd_notify(3): who may say it, what of it goes on to the engine, and the watchdog. Refuses politely:
// a message that is not the run's own, and descriptors to keep, are told once and change nothing.
import type { Pid } from '../core/names.ts';
import type { Notice } from '../core/notice.ts';
import type { Clock } from './clock.ts';
import { LONGEST_MESSAGE_BYTES, parseNotifyMessage, type WatchdogOrder } from './notify-message.ts';
import {
  openNotifySocket,
  resumeNotifySocket,
  type NotifySocket,
  type SocketCalls,
} from './notify-socket.ts';
import type { Datagram, Errno, PeerCredentials, SystemCalls } from './system-calls.ts';
import { Watchdog, type KeptWatchdog } from './watchdog.ts';

export type NotifyParty = {
  /** In the abstract namespace, without the NUL before it. */
  readonly address: string;
  /** Undefined: no watchdog. */
  readonly watchdogMs: number | undefined;
  /** Whose message is taken when its sender is gone already: root's and the service's own. */
  readonly uids: ReadonlySet<number>;
  /** Whether a process belongs to the run. */
  readonly owns: (pid: Pid) => boolean;
  readonly notified: (notices: readonly Notice[]) => void;
  readonly watchdogFailed: (reason: string) => void;
  /** For what the operator should know; said a few times in a run at most. */
  readonly warn: (text: string) => void;
};

type Calls = SocketCalls & Pick<SystemCalls, 'sessionOf'>;
type Timing = Pick<Clock, 'nowMs' | 'at'>;

/** The channel as plain data, for the next process image. */
export type KeptChannel = {
  readonly address: string;
  readonly descriptor: number;
  readonly watchdog: KeptWatchdog | undefined;
  readonly told: {
    readonly refused: number;
    readonly storing: 'unasked' | 'declined';
    readonly reading: 'well' | 'failing';
  };
};

export type OpenedChannel =
  | { readonly kind: 'open'; readonly channel: NotifyChannel }
  | { readonly kind: 'failed'; readonly errno: Errno; readonly message: string };

/** `kept`: one that is open already. */
export function openNotifyChannel(
  calls: Calls,
  clock: Timing,
  party: NotifyParty,
  kept?: KeptChannel,
): OpenedChannel {
  const take = (datagram: Datagram): void => {
    channel.take(datagram);
  };
  const failed = (errno: Errno): void => {
    channel.tellUnreadable(errno);
  };
  const opened =
    kept === undefined
      ? openNotifySocket(calls, party.address, take, failed)
      : resumeNotifySocket(calls, kept.descriptor, take, failed);
  if (!opened.ok) return { kind: 'failed', errno: opened.errno, message: explain(opened.errno, opened.step) };
  const channel = new NotifyChannel(calls, clock, party, opened.value);
  if (kept !== undefined) channel.resume(kept);
  return { kind: 'open', channel };
}

export class NotifyChannel implements Disposable {
  readonly environment: Readonly<Record<string, string>>;
  readonly #calls: Calls;
  readonly #party: NotifyParty;
  readonly #socket: NotifySocket;
  readonly #watchdog: Watchdog | undefined;
  #refused = 0;
  #storing: 'unasked' | 'declined' = 'unasked';
  #reading: 'well' | 'failing' = 'well';

  constructor(calls: Calls, clock: Timing, party: NotifyParty, socket: NotifySocket) {
    this.#calls = calls;
    this.#party = party;
    this.#socket = socket;
    const { watchdogMs } = party;
    this.environment = environmentOf(party);
    if (watchdogMs !== undefined) this.#watchdog = this.#createWatchdog(clock, watchdogMs);
  }

  get kept(): KeptChannel {
    return {
      address: this.#party.address,
      descriptor: this.#socket.descriptor,
      watchdog: this.#watchdog?.kept,
      told: { refused: this.#refused, storing: this.#storing, reading: this.#reading },
    };
  }

  resume({ watchdog, told }: KeptChannel): void {
    if (watchdog !== undefined) this.#watchdog?.resume(watchdog);
    this.#refused = told.refused;
    this.#storing = told.storing;
    this.#reading = told.reading;
  }

  /** systemd.service(5), WatchdogSec=: "The watchdog is activated when the start-up is completed." */
  started(): void {
    this.#watchdog?.start();
  }

  /** What has been sent is handled now: its sender has ended, and what it said comes before that. */
  drain(): void {
    this.#socket.drain();
  }

  take(datagram: Datagram): void {
    const { sender } = datagram;
    if (sender === undefined || sender.pid <= 0) {
      this.#refuse('a notification from outside of its PID namespace was refused');
    } else if (!this.#maySpeak(sender)) {
      const whose = `process ${sender.pid} (uid ${sender.uid})`;
      this.#refuse(`a notification from ${whose}, which is not one of its own, was refused`);
    } else if (datagram.length === 'cut') {
      this.#refuse(`a notification of more than ${LONGEST_MESSAGE_BYTES} bytes was left out`);
    } else {
      this.#read(datagram.bytes);
    }
  }

  /** Once in a run. */
  tellUnreadable(errno: Errno): void {
    if (this.#reading === 'failing') return;
    this.#reading = 'failing';
    this.#party.warn(`its notifications cannot be read (recvmsg(2): ${errno}); Bosun keeps trying`);
  }

  [Symbol.dispose](): void {
    this.#watchdog?.[Symbol.dispose]();
    this.#socket[Symbol.dispose]();
    if (this.#refused > 1) this.#party.warn(`${this.#refused} notifications were refused in this run`);
    this.#refused = 0;
  }

  /** The kernel vouches for pid and uid; whose the pid is can only be asked while the process is there. */
  #maySpeak({ pid, uid }: PeerCredentials): boolean {
    // Run by root, systemd-notify gives the pid of its parent for its own: that is us when its parent has ended and we are not
    // PID 1. Nobody else could, and root may speak for anybody.
    if (pid === process.pid || this.#party.owns(pid as Pid)) return true;
    const session = this.#calls.sessionOf(pid as Pid);
    return !session.ok && session.errno === 'ESRCH' && this.#party.uids.has(uid);
  }

  #read(bytes: Buffer): void {
    const message = parseNotifyMessage(bytes);
    if (message === undefined) {
      this.#refuse('a notification with a NUL in it was left out');
      return;
    }
    if (message.descriptors === 'to-be-stored') this.#declineToStore();
    const notices = message.notices.filter((notice) => this.#isBelieved(notice));
    if (notices.length > 0) this.#party.notified(notices);
    for (const notice of notices) if (notice.kind === 'extend-timeout') this.#watchdog?.extend(notice.byMs);
    for (const order of message.watchdog) this.#obey(order);
  }

  #isBelieved(notice: Notice): boolean {
    if (notice.kind !== 'main-pid' || this.#party.owns(notice.pid)) return true;
    this.#refuse(`MAINPID=${notice.pid} was refused: that process is not one of its own`);
    return false;
  }

  #obey(order: WatchdogOrder): void {
    switch (order.kind) {
      case 'alive':
        this.#watchdog?.alive();
        return;
      case 'trigger':
        // Without a watchdog too, sd_notify(3).
        this.#party.watchdogFailed('WATCHDOG=trigger: the service itself says that it has failed');
        return;
      case 'period':
        this.#watchdog?.changePeriod(order.periodMs);
        return;
    }
  }

  #refuse(what: string): void {
    this.#refused++;
    if (this.#refused === 1) this.#party.warn(`${what}; further ones are only counted`);
  }

  #declineToStore(): void {
    if (this.#storing === 'declined') return;
    this.#storing = 'declined';
    this.#party.warn('descriptors that it sent to be kept (FDSTORE=1) were closed: Bosun keeps none');
  }

  #createWatchdog(clock: Timing, periodMs: number): Watchdog {
    return new Watchdog(
      clock,
      periodMs,
      () => {
        this.drain();
      },
      (missedMs) => {
        this.#party.watchdogFailed(`no WATCHDOG=1 within ${inUnits(missedMs)}`);
      },
    );
  }
}

/** Without WATCHDOG_PID, which cannot be known before the spawn; sd_watchdog_enabled(3) does not insist on it. */
function environmentOf({ address, watchdogMs }: NotifyParty): Readonly<Record<string, string>> {
  return {
    NOTIFY_SOCKET: `@${address}`,
    ...(watchdogMs === undefined ? {} : { WATCHDOG_USEC: String(Math.round(watchdogMs * 1000)) }),
  };
}

function inUnits(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

function explain(errno: Errno, step: string): string {
  const failed = `cannot open the socket for notifications: ${step} failed with ${errno}`;
  switch (errno) {
    case 'EMFILE':
    case 'ENFILE':
      return `${failed}: the limit of open files is reached`;
    case 'EACCES':
    case 'EPERM':
      return `${failed}: a security policy of the container forbids it`;
    case 'EADDRINUSE':
      return `${failed}: somebody has taken its name`;
    default:
      return failed;
  }
}
