// What one reader gets of the output of some services: where each of them begins, then round after round of lines, as long as it follows. Of a
// service with files everything comes from them, what is written at the moment too: so there is no seam at which a line could be missing or
// double, and a position holds over rotation, compression and every restart. The logs' thread only says that there is more.
import type { RingMoment } from '../../../core/log-message.ts';
import type { ServiceSpec } from '../../../core/service-spec.ts';
import type { LogClient } from '../log-client.ts';
import { FileSource, type FileSourceOptions } from './file-source.ts';
import { findStart } from './find-start.ts';
import { createLineFilter, wantsAll, type FilterLines, type LineWish } from './line-filter.ts';
import { LogFiles } from './log-files.ts';
import type { LogCursor, LogPosition } from './log-position.ts';
import { mergeLines, type LogItem } from './merge-lines.ts';
import type { LineSource, LogGap } from './read-line.ts';
import { RingFeed, RingSource } from './ring-feed.ts';

export type ReadWish = LineWish & {
  /** The newest so many of each service; Infinity: all. */
  readonly lines: number;
  /** Undefined: from the lines that are asked for on. */
  readonly after: LogCursor | undefined;
  readonly mode: 'follow' | 'once';
};

export type LogReaderOptions = {
  readonly services: readonly Pick<ServiceSpec, 'name' | 'logs'>[];
  readonly logs: LogClient;
  readonly wish: ReadWish;
  /** Ends waiting, and looking for the beginning. */
  readonly gone: AbortSignal;
};

const LARGEST_PIECE_BYTES = 262_144;
const SMALLEST_PIECE_BYTES = 16_384;
/** Of all services of one reader. */
const ALL_PIECES_BYTES = 4_194_304;
/** The logs' thread may be about to be replaced. */
const RING_WAIT_MS = 2000;

type Begin =
  | { readonly kind: 'file'; readonly options: FileSourceOptions }
  | { readonly kind: 'ring'; readonly gap: LogGap | undefined };

export class LogReader {
  readonly #options: LogReaderOptions;
  readonly #filter: FilterLines;
  readonly #sources = new Map<string, LineSource>();
  /** Of the sources that may have something. */
  readonly #awake = new Set<string>();
  readonly #seen = new Map<string, RingMoment>();
  readonly #watches = new Map<string, () => void>();
  readonly #cursor = new Map<string, LogPosition>();
  #feed: RingFeed | undefined;
  #wake: () => void = () => undefined;

  /** Throws a SyntaxError when the pattern of the wish is none. */
  constructor(options: LogReaderOptions) {
    this.#options = options;
    this.#filter = createLineFilter(options.wish);
    options.gone.addEventListener('abort', () => {
      this.#wake();
    });
  }

  get mode(): ReadWish['mode'] {
    return this.#options.wish.mode;
  }

  /** Behind all that was given. A service of which nothing is known is not in it. */
  get cursor(): LogCursor {
    return this.#cursor;
  }

  /** The first is empty: where it begins has been found then. Throws what open(2), read(2) and readdir(3) fail with. */
  async *rounds(): AsyncGenerator<readonly LogItem[], void, undefined> {
    const { wish } = this.#options;
    try {
      await this.#begin();
      yield [];
      while (!this.#isOver()) {
        for await (const items of this.#round()) {
          yield items;
          if (this.#isOver() || items.some(isTheEnd)) return;
        }
        if (wish.mode === 'once') return;
        this.#watch();
        // The cursor has come further, if only over lines that were not wanted.
        yield [];
        await this.#awaken();
      }
    } finally {
      this.#close();
    }
  }

  #isOver(): boolean {
    return this.#options.gone.aborted;
  }

  async *#round(): AsyncGenerator<readonly LogItem[], void, undefined> {
    const names = [...this.#awake];
    this.#awake.clear();
    const sources = names.flatMap((name) => this.#sources.get(name) ?? []);
    for await (const items of mergeLines(sources, this.#filter)) {
      for (const item of items) if (item.kind === 'line') this.#cursor.set(item.line.service, item.line.to);
      yield items;
    }
    for (const { service, position } of sources)
      if (position !== undefined) this.#cursor.set(service, position);
  }

  async #begin(): Promise<void> {
    const { services, logs, wish } = this.#options;
    const begins = new Map<string, Begin>();
    for (const service of services) begins.set(service.name, await this.#chooseSource(service));
    const fromRing = [...begins].filter(([, { kind }]) => kind === 'ring').map(([name]) => name);
    const feed = new RingFeed(logs, fromRing, wish.mode, (name) => {
      this.#rouse(name);
    });
    this.#feed = feed;
    await Promise.race([feed.ready, patience(RING_WAIT_MS)]);
    for (const [name, begin] of begins) {
      const source =
        begin.kind === 'ring'
          ? this.#createRing(name, feed, begin.gap)
          : await this.#createFile(begin.options);
      this.#sources.set(name, source);
      this.#awake.add(name);
      if (source.position !== undefined) this.#cursor.set(name, source.position);
    }
  }

  async #chooseSource({ name, logs }: Pick<ServiceSpec, 'name' | 'logs'>): Promise<Begin> {
    const { wish, services } = this.#options;
    const { file } = logs;
    if (file === undefined || wish.after?.get(name)?.kind === 'ring') return { kind: 'ring', gap: undefined };
    const tellsLess = file.format === 'raw' && !wantsAll({ ...wish, grep: undefined });
    if (tellsLess) return { kind: 'ring', gap: { service: name, lines: undefined, reason: 'not-told' } };
    const files = new LogFiles(file.directory);
    // They may be where nobody can write, or read.
    if (await this.#isOnlyInMemory(name, files)) return { kind: 'ring', gap: undefined };
    const share = Math.floor(ALL_PIECES_BYTES / services.length);
    const pieceBytes = Math.max(SMALLEST_PIECE_BYTES, Math.min(LARGEST_PIECE_BYTES, share));
    return { kind: 'file', options: { service: name, files, format: file.format, pieceBytes } };
  }

  /** What is written to a file is in the memory after that: if it is there, and still no file is, none could be written. */
  async #isOnlyInMemory(name: string, files: LogFiles): Promise<boolean> {
    try {
      if (await hasFiles(files)) return false;
      const held = await Promise.race([this.#options.logs.newest([name], 1), patience(RING_WAIT_MS)]);
      return (held?.length ?? 0) > 0 && !(await hasFiles(files));
    } catch {
      return true;
    }
  }

  #createRing(name: string, feed: RingFeed, gap: LogGap | undefined): RingSource {
    const { after, lines } = this.#options.wish;
    const position = after?.get(name);
    return new RingSource(name, feed, {
      after: position?.kind === 'ring' ? position : undefined,
      lines: after === undefined ? lines : Infinity,
      filter: this.#filter,
      gap,
    });
  }

  async #createFile(options: FileSourceOptions): Promise<FileSource> {
    const { wish, gone } = this.#options;
    const position = wish.after?.get(options.service);
    if (position?.kind === 'file') return new FileSource(options, position);
    const start = await findStart(options, {
      // One that the cursor does not know is new: all of it.
      lines: wish.after === undefined ? wish.lines : Infinity,
      filter: wantsAll(wish) ? undefined : this.#filter,
      sinceMs: wish.sinceMs,
      gone,
    });
    // Reading on tries the pattern again, and says so.
    return new FileSource(options, start === 'too-slow' ? { kind: 'file', number: 1, offset: 0 } : start);
  }

  /** What the logs' thread says was said before the files were read: nothing can come in between. */
  #watch(): void {
    const { logs } = this.#options;
    for (const [name, source] of this.#sources) {
      if (source.position?.kind !== 'file' || this.#watches.has(name)) continue;
      const end = logs.watch(name, this.#seen.get(name), (at) => {
        this.#watches.delete(name);
        this.#seen.set(name, at);
        this.#rouse(name);
      });
      this.#watches.set(name, end);
    }
  }

  #rouse(name: string): void {
    this.#awake.add(name);
    this.#wake();
  }

  async #awaken(): Promise<void> {
    if (this.#awake.size > 0 || this.#options.gone.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  #close(): void {
    for (const end of this.#watches.values()) end();
    for (const source of this.#sources.values()) source.close();
    this.#feed?.close();
  }
}

async function hasFiles(files: LogFiles): Promise<boolean> {
  const numbers = await files.numbers();
  if (numbers.length > 1) return true;
  const found = await files.open(numbers[0] ?? 1);
  if (found.kind === 'opened') await found.file.handle.close();
  return found.kind !== 'none';
}

/** There is no use in going on. */
function isTheEnd(item: LogItem): boolean {
  return item.kind === 'gap' && item.gap.reason === 'pattern-too-slow';
}

function patience(limitMs: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(resolve, limitMs, undefined).unref();
  });
}
