// The three streams of bosunctl for what is another program's input and output: bytes as they are, each side as fast as the other
// takes them. A terminal that was made raw is as it was before, however it ends: termios(3).
import { spawnSync } from 'node:child_process';
import { isatty } from 'node:tty';

export type OutputName = 'stdout' | 'stderr';

export type RawStreams = Disposable & {
  /** Both ends of a dialogue: what is typed, and what is shown. */
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly rows: number;
  /** Every key goes to the other side, Ctrl-C too. */
  makeRaw(): void;
  onResize(listener: () => void): void;
  /** Instead of ending bosunctl. */
  onSignal(signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void): void;
  input(): AsyncIterable<Uint8Array>;
  /** Resolves when its reader has taken it. `gone`: there is no reader any more. */
  write(stream: OutputName, bytes: Uint8Array): Promise<'written' | 'gone'>;
};

/** Of a terminal that does not know its size. */
const USUAL = { columns: 80, rows: 24 } as const;

export function openRawStreams(own: NodeJS.Process): RawStreams {
  return new ProcessStreams(own);
}

class ProcessStreams implements RawStreams {
  readonly #own: NodeJS.Process;
  readonly #undo: (() => void)[] = [];
  #mode: 'cooked' | 'raw' = 'cooked';

  constructor(own: NodeJS.Process) {
    this.#own = own;
  }

  get isTerminal(): boolean {
    return isatty(0) && isatty(1);
  }

  get columns(): number {
    return this.#own.stdout.columns || USUAL.columns;
  }

  get rows(): number {
    return this.#own.stdout.rows || USUAL.rows;
  }

  makeRaw(): void {
    const restore = (): void => {
      if (this.#mode === 'raw') this.#own.stdin.setRawMode(false);
      this.#mode = 'cooked';
    };
    this.#own.on('exit', restore);
    this.#undo.push(restore, () => this.#own.off('exit', restore));
    this.#own.stdin.setRawMode(true);
    this.#mode = 'raw';
    // libuv leaves ONLCR on, by which a bare line feed of the other side's terminal would go to the first column. What it has
    // saved is restored with the rest. Where there is no stty(1), that one thing is not as it should be.
    spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
  }

  onResize(listener: () => void): void {
    this.#own.stdout.on('resize', listener);
    this.#undo.push(() => this.#own.stdout.off('resize', listener));
  }

  onSignal(signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void): void {
    for (const signal of signals) {
      this.#own.on(signal, listener);
      this.#undo.push(() => this.#own.off(signal, listener));
    }
  }

  async *input(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of this.#own.stdin) yield chunk as Buffer;
  }

  async write(stream: OutputName, bytes: Uint8Array): Promise<'written' | 'gone'> {
    return await new Promise((resolve) => {
      this.#own[stream].write(bytes, (error) => {
        resolve(error ? 'gone' : 'written');
      });
    });
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo.splice(0).toReversed()) undo();
    // Nobody reads it any more; left open it would keep bosunctl alive.
    this.#own.stdin.destroy();
  }
}
