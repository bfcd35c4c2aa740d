// The stream of one reader of an application's settings: all of them at the beginning, then what changes. Nothing is queued for it: whenever it
// has taken what was written, it is told what differs between what it knows and what there is.
import type { ServerResponse } from 'node:http';
import type { ApplicationWatch, WatchState } from '../application/application-watch.ts';
import type {
  ApplicationAwayView,
  ApplicationBackView,
  ApplicationChangeView,
} from '../../wire/application-view.ts';
import { changesBetween, type Settings } from '../application/settings.ts';
import { showSettings } from './application-projection.ts';
import { BoundedStream } from './bounded-stream.ts';

/** Of what is written at a time: all settings may be more than a stream may hold. */
const PIECE_CHARACTERS = 32_768;

type Present = Extract<WatchState, { kind: 'present' }>;
/** The code it was told to be away with; '' while it is there. */
type Told = { readonly settings: Settings | undefined; readonly epoch: number; readonly away: string };

export class ApplicationStream {
  readonly #stream: BoundedStream;
  readonly #service: string;
  readonly #watch: ApplicationWatch;
  #told: Told = { settings: undefined, epoch: 0, away: '' };
  /** What is yet to be written, in pieces. */
  #rest: readonly string[] = [];
  #pace: 'ready' | 'waiting' = 'ready';

  constructor(outgoing: ServerResponse, service: string, watch: ApplicationWatch) {
    this.#stream = new BoundedStream(outgoing, 'text/event-stream');
    this.#service = service;
    this.#watch = watch;
  }

  begin(): void {
    const leave = this.#watch.add({
      changed: () => {
        this.#goOn();
      },
      ended: () => {
        this.#stream.end();
      },
    });
    this.#stream.onClose(leave);
    this.#goOn();
  }

  #goOn(): void {
    if (this.#pace === 'waiting') return;
    for (;;) {
      if (this.#rest.length === 0) this.#rest = piecesOf(this.#news());
      const [piece, ...rest] = this.#rest;
      if (piece === undefined) return;
      this.#rest = rest;
      const state = this.#stream.write(piece);
      if (state === 'over') return;
      if (state === 'room') continue;
      this.#pace = 'waiting';
      this.#stream.onDrain(() => {
        this.#pace = 'ready';
        this.#goOn();
      });
      return;
    }
  }

  /** What it has not been told of what there is now. */
  #news(): string {
    const { state } = this.#watch;
    switch (state.kind) {
      case 'unknown':
        return '';
      case 'away': {
        const { code, reason } = state.failure;
        if (this.#told.away === code) return '';
        this.#told = { ...this.#told, away: code };
        const view: ApplicationAwayView = { service: this.#service, code, reason };
        return write('away', view);
      }
      case 'present':
        return this.#newsOf(state);
    }
  }

  #newsOf({ settings, epoch }: Present): string {
    const before = this.#told;
    if (before.settings === settings && before.away === '') return '';
    this.#told = { settings, epoch, away: '' };
    const { revision } = settings;
    const back: ApplicationBackView = { service: this.#service, revision };
    const returned = before.away === '' ? '' : write('back', back);
    if (before.settings === undefined) return returned + write('values', this.#all(settings), revision);
    if (before.epoch !== epoch) return returned + write('reset', this.#all(settings), revision);
    const changes = [...changesBetween(before.settings, settings)];
    if (changes.length === 0) return returned;
    const change: ApplicationChangeView = { service: this.#service, revision, changes };
    return returned + write('change', change, revision);
  }

  #all(settings: Settings): object {
    return showSettings(this.#service, settings);
  }
}

function write(event: string, data: object, revision?: number): string {
  const id = revision === undefined ? '' : `id: ${revision}\n`;
  return `${id}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Between UTF-16 code units that belong together, nothing is cut. */
function piecesOf(text: string): readonly string[] {
  return text.match(new RegExp(`[^]{1,${PIECE_CHARACTERS}}`, 'gu')) ?? [];
}
