// One answer of log lines, written as fast as its reader takes it and no faster: meanwhile nothing more is read.
import type { ServerResponse } from 'node:http';
import type { LogGapView, LogLineView } from '../../wire/log-view.ts';
import { exactBytes } from '../logs/log-line.ts';
import { writeCursor, writePosition } from '../logs/reading/log-position.ts';
import type { LogReader } from '../logs/reading/log-reader.ts';
import type { LogItem } from '../logs/reading/merge-lines.ts';
import type { LogGap, ReadLine } from '../logs/reading/read-line.ts';
import { BoundedStream } from './bounded-stream.ts';

/** Of what is written at a time. */
const WRITE_BYTES = 32_768;
/** The cursor of more is told after some lines, not after each. */
const FEW_SERVICES = 8;

/** `events`: server-sent events, whose ids are cursors. `lines`: NDJSON. */
type Form = 'events' | 'lines';

/** What means nothing, but is the first byte: who follows knows then that nothing which comes will be missed. */
const BEGUN: Readonly<Record<Form, string>> = { events: ':\n\n', lines: '\n' };

export class LogStream {
  readonly #stream: BoundedStream;
  readonly #reader: LogReader;
  readonly #form: Form;
  /** By service, as text: what the next id is made of. */
  readonly #told = new Map<string, string>();
  #id = '';
  #goOn: () => void = () => undefined;

  constructor(outgoing: ServerResponse, reader: LogReader, form: Form) {
    this.#stream = new BoundedStream(
      outgoing,
      form === 'events' ? 'text/event-stream' : 'application/x-ndjson',
    );
    this.#reader = reader;
    this.#form = form;
    this.#stream.onClose(() => {
      this.#goOn();
    });
  }

  /** Never rejects. */
  async run(onFailure: (text: string) => void): Promise<void> {
    try {
      const rounds = this.#reader.rounds();
      await rounds.next();
      if ((await this.#begin()) === 'over') {
        await rounds.return();
        return;
      }
      for await (const items of rounds) {
        if ((await this.#write(items)) === 'over') return;
      }
      this.#stream.end();
    } catch (error) {
      onFailure(error instanceof Error ? error.message : String(error));
      // An end would say that this was all.
      this.#stream.cut();
    }
  }

  async #begin(): Promise<'open' | 'over'> {
    return await this.#send(this.#tellCursor() || (this.#reader.mode === 'follow' ? BEGUN[this.#form] : ''));
  }

  async #write(items: readonly LogItem[]): Promise<'open' | 'over'> {
    let text = '';
    for (const item of items) {
      text += this.#encode(item);
      if (text.length < WRITE_BYTES) continue;
      if ((await this.#send(text)) === 'over') return 'over';
      text = '';
    }
    return await this.#send(text + this.#tellCursor());
  }

  async #send(text: string): Promise<'open' | 'over'> {
    if (text === '') return 'open';
    const state = this.#stream.write(text);
    if (state === 'full')
      await new Promise<void>((resolve) => {
        this.#goOn = resolve;
        this.#stream.onDrain(resolve);
      });
    return state === 'over' ? 'over' : 'open';
  }

  #encode(item: LogItem): string {
    const json = JSON.stringify(item.kind === 'line' ? showLine(item.line) : showGap(item.gap));
    if (this.#form === 'lines') return item.kind === 'line' ? `${json}\n` : `{"gap":${json}}\n`;
    if (item.kind === 'gap') return `event: gap\ndata: ${json}\n\n`;
    const { service, to } = item.line;
    this.#told.set(service, writePosition(to));
    return this.#isFew ? `id: ${this.#writeId()}\ndata: ${json}\n\n` : `data: ${json}\n\n`;
  }

  get #isFew(): boolean {
    return this.#reader.cursor.size <= FEW_SERVICES;
  }

  #writeId(): string {
    this.#id = [...this.#told].map(([service, position]) => `${service}:${position}`).join(',');
    return this.#id;
  }

  /** An id without data: where a reader is that has seen no line, or has got over many that it did not want. */
  #tellCursor(): string {
    if (this.#form === 'lines') return '';
    const id = writeCursor(this.#reader.cursor);
    if (id === this.#id || id === '') return '';
    for (const [service, position] of this.#reader.cursor) this.#told.set(service, writePosition(position));
    this.#id = id;
    return `id: ${id}\n\n`;
  }
}

function showLine({ service, timeMs, stream, bytes, continues, to }: ReadLine): LogLineView {
  return {
    ...(timeMs === undefined ? {} : { time: new Date(timeMs).toISOString() }),
    service,
    ...(stream === undefined ? {} : { stream }),
    line: bytes.toString(),
    ...exactBytes(bytes),
    ...(continues ? { continues } : {}),
    cursor: `${service}:${writePosition(to)}`,
  };
}

function showGap({ service, lines, reason }: LogGap): LogGapView {
  return { service, lines: lines ?? null, reason };
}
