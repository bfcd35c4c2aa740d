// One look-out for the settings of one application, however many want to hear of them: it asks for what is newer than what it knows, and the
// application answers when there is something. Somebody watches, or it does not ask.
import type { LookupFunction } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { ApplicationSpec } from '../../core/application-spec.ts';
import { BackOff } from '../logs/shipping/back-off.ts';
import { ApplicationCaller } from './application-caller.ts';
import type { Answer } from './attempt.ts';
import type { ChannelFailure } from './channel-failure.ts';
import type { Settings } from './settings.ts';

const WAIT_MS = 25_000;
/** Between two answers with news: who changes things in a loop is not asked as often. */
const NEWS_MS = 50;
/** An application that does not wait is not asked without end. */
const UNHURRIED_MS = 1000;
/** `wait`: for what is newer than what is known. */
type Round = 'read' | 'wait';
const BACK_OFF = { firstMs: 200, mostMs: 5000 };

export type WatchState =
  | { readonly kind: 'unknown' }
  /** `epoch` is another one when the revision has gone back: what was known before says nothing any more. */
  | { readonly kind: 'present'; readonly settings: Settings; readonly epoch: number }
  | { readonly kind: 'away'; readonly failure: ChannelFailure };

export type WatchParts = {
  readonly spec: () => ApplicationSpec | undefined;
  readonly lookup: LookupFunction;
  /** Aborted when Bosun ends. */
  readonly signal: AbortSignal;
};

export type Watcher = {
  /** The state is another one. */
  readonly changed: () => void;
  /** There will be no other one: the service takes no settings any more. */
  readonly ended: () => void;
};

export class ApplicationWatch {
  readonly #parts: WatchParts;
  readonly #watchers = new Set<Watcher>();
  #running: AbortController | undefined;
  #state: WatchState = { kind: 'unknown' };
  #known: Settings | undefined;
  #epoch = 0;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  get state(): WatchState {
    return this.#state;
  }

  /** The result ends it. */
  add(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    if (this.#running === undefined) this.#start();
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#stop();
    };
  }

  #start(): void {
    const running = new AbortController();
    this.#running = running;
    const signal = AbortSignal.any([running.signal, this.#parts.signal]);
    this.#run(signal).then(
      () => {
        this.#end(running);
      },
      () => {
        this.#end(running);
      },
    );
  }

  /** What is known grows old while nobody looks. */
  #stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#state = { kind: 'unknown' };
    this.#known = undefined;
  }

  #end(running: AbortController): void {
    if (this.#running !== running) return;
    this.#stop();
    for (const watcher of [...this.#watchers]) watcher.ended();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const backOff = new BackOff(BACK_OFF);
    let next: Round = 'read';
    for (;;) {
      const spec = this.#parts.spec();
      if (spec === undefined) return;
      const beganMs = performance.now();
      const answer = await this.#ask(spec, next, signal);
      signal.throwIfAborted();
      if (answer.kind === 'failed') {
        const meaning = this.#miss(answer, next);
        next = 'read';
        await pause(meaning === 'passing' ? 0 : backOff.next(0), undefined, { signal });
        continue;
      }
      backOff.reset();
      const news = this.#take(answer);
      next = news === 'gone-back' ? 'read' : 'wait';
      const waited = performance.now() - beganMs >= UNHURRIED_MS;
      await pause(news === 'none' && !waited ? UNHURRIED_MS : NEWS_MS, undefined, { signal });
    }
  }

  /** A connection that was waited on ends with a restart of the workers: that is no absence yet. */
  #miss(failure: ChannelFailure, round: Round): 'passing' | 'away' {
    if (round === 'wait' && this.#state.kind === 'present') return 'passing';
    this.#set({ kind: 'away', failure });
    return 'away';
  }

  async #ask(spec: ApplicationSpec, round: Round, signal: AbortSignal): Promise<Answer | ChannelFailure> {
    const caller = new ApplicationCaller(spec, this.#parts.lookup);
    const endMs = performance.now() + spec.timeoutMs;
    if (round === 'wait' && this.#known !== undefined) {
      const limits = { endMs: endMs + WAIT_MS, signal, attempts: 'one' } as const;
      return await caller.readAfter(this.#known.revision, WAIT_MS, limits);
    }
    const read = await caller.read({ endMs, signal, attempts: 'one' });
    return 'kind' in read ? read : { kind: 'settings', settings: read };
  }

  #take(answer: Answer): 'news' | 'none' | 'gone-back' {
    const known = this.#known;
    if (answer.kind === 'unchanged') return isBehind(answer.revision, known) ? 'gone-back' : 'none';
    const { settings } = answer;
    if (this.#state.kind === 'present' && known?.revision === settings.revision) return 'none';
    if (isBehind(settings.revision, known)) this.#epoch += 1;
    this.#known = settings;
    this.#set({ kind: 'present', settings, epoch: this.#epoch });
    return 'news';
  }

  #set(state: WatchState): void {
    this.#state = state;
    for (const watcher of [...this.#watchers]) watcher.changed();
  }
}

function isBehind(revision: number | undefined, known: Settings | undefined): boolean {
  return revision !== undefined && known !== undefined && revision < known.revision;
}
