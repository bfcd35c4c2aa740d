// Processes that Bosun did not start, by the run of the attached service: looked for until they are found, then held by a pidfd, which tells
// their end without asking and cannot come to mean another process. Signals go through it, to that process only. Decides nothing.
import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessQuery } from '../core/attachment.ts';
import type { ExitStatus } from '../core/exit-status.ts';
import type { Pid, RunId, ServiceName } from '../core/names.ts';
import type { SignalName } from '../core/service-spec.ts';
import type { Stray } from '../core/stray.ts';
import { readStat } from './process-details.ts';
import { ProcessEnd } from './process-end.ts';
import { ProcessMatcher } from './process-query.ts';
import { searchProcess, type Sought } from './process-search.ts';
import type { ProcessIdentity } from './procfs.ts';
import { RunSignals, type SignalRefused } from './run-signals.ts';
import type { CallResult, Errno, SystemCalls } from './system-calls.ts';

export type AttachedObserver = {
  looked(service: ServiceName, run: RunId, finding: string): void;
  attached(service: ServiceName, run: RunId, found: AttachedProcess): void;
  exited(service: ServiceName, run: RunId, exit: ExitStatus): void;
  signalRefused: SignalRefused;
};

export type AttachedProcess = {
  readonly pid: Pid;
  readonly others: readonly Stray[];
  readonly degraded: readonly string[];
};

/** As plain data for the next process image, which has the descriptor too. */
export type KeptAttachment = {
  readonly run: RunId;
  readonly service: ServiceName;
  readonly identity: ProcessIdentity;
  readonly descriptor: number;
};

type Search = { readonly service: ServiceName; readonly run: RunId; readonly query: ProcessQuery };
type Watched = { readonly kept: KeptAttachment; readonly end: ProcessEnd };

/** `over`: it has been found or is looked for no more; else why it has not been found. */
type Look = 'over' | { readonly none: string };

/** Nobody tells of a new process without privileges, so it is looked for again: soon at first, then once a second. */
const FIRST_PAUSE_MS = 10;
const LAST_PAUSE_MS = 1000;

export class AttachedProcesses {
  readonly #calls: SystemCalls;
  readonly #observer: AttachedObserver;
  readonly #signals: RunSignals;
  readonly #searches = new Map<RunId, AbortController>();
  readonly #watched = new Map<RunId, Watched>();
  /** One search at a time: each may hold a thread of libuv's for as long as the memory of a process is in trouble. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(calls: SystemCalls, observer: AttachedObserver) {
    this.#calls = calls;
    this.#observer = observer;
    const kill = (fd: number, signal: number) => calls.signalProcess(fd, signal);
    this.#signals = new RunSignals({ kill }, observer.signalRefused);
  }

  /** Until it is found or let go of; what comes of it is told to the observer. */
  attach(service: ServiceName, run: RunId, query: ProcessQuery): void {
    const abort = new AbortController();
    this.#searches.set(run, abort);
    void this.#seek({ service, run, query }, abort.signal);
  }

  /** It is neither looked for nor watched any more. Nothing is sent. */
  detach(run: RunId): void {
    this.#searches.get(run)?.abort();
    this.#searches.delete(run);
    const watched = this.#watched.get(run);
    watched?.end[Symbol.dispose]();
    this.#forget(run);
  }

  signal(run: RunId, signal: SignalName): void {
    const kept = this.#watched.get(run)?.kept;
    if (kept !== undefined) this.#signals.send(addressed(kept), kept.descriptor, signal);
  }

  /** With SIGCONT after it. */
  stop(run: RunId, signal: SignalName): void {
    const kept = this.#watched.get(run)?.kept;
    if (kept !== undefined) this.#signals.sendAndContinue(addressed(kept), kept.descriptor, signal);
  }

  get kept(): readonly KeptAttachment[] {
    return [...this.#watched.values()].map(({ kept }) => kept);
  }

  /** Those that another process image has found. */
  resume(attachments: readonly KeptAttachment[]): void {
    for (const kept of attachments) {
      // Not in this turn: the engine does not know of the run yet.
      if (!this.#watch(kept).ok)
        setImmediate(() => {
          this.#observer.exited(kept.service, kept.run, { kind: 'unknown' });
        });
    }
  }

  /** Never rejects: what is asked of the outside says how it failed. */
  async #seek(search: Search, signal: AbortSignal): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LAST_PAUSE_MS)) {
      const finding = await this.#inTurn(search, signal);
      if (finding === 'over') return;
      this.#observer.looked(search.service, search.run, finding.none);
      // It rejects when it is aborted, and then there is nothing to wait for.
      await pause(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** A mistake of ours in one search must not keep the others from their turn. */
  async #inTurn(search: Search, signal: AbortSignal): Promise<Look> {
    const turn = this.#turn
      .then(() => this.#look(search, signal))
      .catch((error: unknown): Look => ({ none: `internal error: ${String(error)}` }));
    this.#turn = turn;
    return await turn;
  }

  async #look(search: Search, signal: AbortSignal): Promise<Look> {
    if (signal.aborted) return 'over';
    const matcher = new ProcessMatcher(search.query);
    const sought = await searchProcess(search.query, matcher, process.pid as Pid);
    if (isLetGo(signal)) return 'over';
    if (sought.kind === 'none') return { none: sought.finding };
    const { pid } = sought.process;
    const opened = this.#calls.openProcess(pid);
    if (!opened.ok) return cannotWatch(pid, 'pidfd_open(2)', opened.errno);
    const look = await this.#takeUp({ search, matcher, signal }, sought, opened.value);
    if (!this.#watched.has(search.run)) this.#calls.close(opened.value);
    return look;
  }

  /**
   * A pid may have come to another process up to the moment in which the descriptor was made. So all is asked once more; as long as the
   * process that the descriptor means lives after that, it was asked of that one.
   */
  async #takeUp(
    { search, matcher, signal }: { search: Search; matcher: ProcessMatcher; signal: AbortSignal },
    { process: { pid, startTime }, others }: Extract<Sought, { kind: 'found' }>,
    descriptor: number,
  ): Promise<Look> {
    const { service, run } = search;
    const examined = await matcher.examine(pid);
    const stat = await readStat(pid);
    const asked = this.#calls.signalProcess(descriptor, 0);
    const isSame = examined.kind === 'match' && stat?.startTime === startTime && stat.state === 'alive';
    if (isLetGo(signal)) return 'over';
    if (!isSame || (!asked.ok && asked.errno === 'ESRCH')) return cannotWatch(pid, '', 'ESRCH');
    const watching = this.#watch({ run, service, identity: { pid, startTime }, descriptor });
    if (!watching.ok) return cannotWatch(pid, 'epoll_ctl(2)', watching.errno);
    this.#searches.delete(run);
    const degraded = asked.ok ? [] : [notSignallable(asked.errno)];
    this.#observer.attached(service, run, { pid, others, degraded });
    return 'over';
  }

  #watch(kept: KeptAttachment): CallResult<void> {
    const { run, service, descriptor, identity } = kept;
    const end = new ProcessEnd(this.#calls, { descriptor, identity }, (exit) => {
      this.#forget(run);
      this.#observer.exited(service, run, exit);
    });
    const started = end.start();
    if (started.ok) this.#watched.set(run, { kept, end });
    return started;
  }

  #forget(run: RunId): void {
    const watched = this.#watched.get(run);
    this.#watched.delete(run);
    this.#signals.forget(run);
    if (watched !== undefined) this.#calls.close(watched.kept.descriptor);
  }
}

function addressed({ run, service }: KeptAttachment): Parameters<RunSignals['send']>[0] {
  return { run, owner: { kind: 'service', service } };
}

function isLetGo(signal: AbortSignal): boolean {
  return signal.aborted;
}

function cannotWatch(pid: Pid, call: string, errno: Errno): Look {
  if (errno === 'ESRCH') return { none: `pid ${pid} has ended just when it was found` };
  const hint = errno === 'ENOSYS' ? ' (Linux has it since 5.3)' : '';
  return { none: `pid ${pid} has been found and cannot be watched: ${call}: ${errno}${hint}` };
}

function notSignallable(errno: Errno): string {
  const hint = errno === 'EPERM' ? '; it runs as another user, and Bosun has no CAP_KILL' : '';
  return `Bosun may send it no signals (pidfd_send_signal(2): ${errno}${hint})`;
}
