// The whole terminal for a picture that changes: the alternate screen with the cursor hidden and keys as they are pressed. However it
// ends (a key, a signal, an error), the terminal is as it was before. Control sequences: xterm's, which terminals agree on.
import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';

export type LiveScreen = Disposable & {
  readonly columns: number;
  readonly rows: number;
  /** Lines of at most `columns`; what does not fit on the screen is not shown. */
  draw(lines: readonly string[]): void;
  /** Single keys, such as `q`, or `up`, `down`, `page-up`, `page-down`, `interrupt` (Ctrl-C). */
  onKey(listener: (key: string) => void): void;
  /** The size is another one, or the screen is there again after it was suspended. */
  onResize(listener: () => void): void;
};

/** Alternate screen, no cursor, no wrapping at the right margin. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';

const KEYS: Readonly<Record<string, string>> = {
  '\u0003': 'interrupt',
  '\u001b[A': 'up',
  '\u001b[B': 'down',
  '\u001bOA': 'up',
  '\u001bOB': 'down',
  '\u001b[5~': 'page-up',
  '\u001b[6~': 'page-down',
};
const SUSPEND = '\u001a';
const DEADLY = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Undefined when standard output is no terminal that can do this. */
export function openScreen(own: NodeJS.Process): LiveScreen | undefined {
  if (!isatty(1) || own.env['TERM'] === 'dumb') return undefined;
  return new TerminalScreen(own);
}

class TerminalScreen implements LiveScreen {
  readonly #own: NodeJS.Process;
  #state: 'shown' | 'suspended' | 'left' = 'left';
  #onKey: (key: string) => void = () => undefined;
  #onResize: () => void = () => undefined;

  constructor(own: NodeJS.Process) {
    this.#own = own;
    for (const signal of DEADLY) own.on(signal, this.#end);
    own.on('SIGTSTP', this.#suspend);
    own.on('SIGCONT', this.#resume);
    own.on('exit', this.#leave);
    own.stdout.on('resize', this.#resized);
    own.stdin.on('data', this.#pressed);
    // A terminal that is hung up: SIGHUP says so too.
    own.stdin.on('error', this.#ignore);
    this.#enter();
  }

  get columns(): number {
    return this.#own.stdout.columns;
  }

  get rows(): number {
    return this.#own.stdout.rows;
  }

  draw(lines: readonly string[]): void {
    if (this.#state !== 'shown') return;
    const shown = lines.slice(0, this.rows).map((line) => `${line}\u001b[K`);
    this.#own.stdout.write(`\u001b[H${shown.join('\n')}\u001b[J`);
  }

  onKey(listener: (key: string) => void): void {
    this.#onKey = listener;
  }

  onResize(listener: () => void): void {
    this.#onResize = listener;
  }

  [Symbol.dispose](): void {
    const own = this.#own;
    this.#leave();
    for (const signal of DEADLY) own.off(signal, this.#end);
    own.off('SIGTSTP', this.#suspend);
    own.off('SIGCONT', this.#resume);
    own.off('exit', this.#leave);
    own.stdout.off('resize', this.#resized);
    own.stdin.off('data', this.#pressed);
    own.stdin.pause();
  }

  #enter(): void {
    this.#state = 'shown';
    this.#own.stdout.write(ENTER);
    if (isatty(0)) this.#own.stdin.setRawMode(true);
    this.#own.stdin.resume();
  }

  /** At once and not through the stream: there may be no turn of the loop any more. */
  readonly #leave = (): void => {
    if (this.#state !== 'shown') return;
    this.#state = 'left';
    try {
      writeSync(1, LEAVE);
      if (isatty(0)) this.#own.stdin.setRawMode(false);
    } catch {
      // The terminal is gone.
    }
  };

  /** By the same signal, as whoever sent it expects. */
  readonly #end = (signal: NodeJS.Signals): void => {
    this[Symbol.dispose]();
    this.#own.kill(this.#own.pid, signal);
  };

  readonly #suspend = (): void => {
    this.#leave();
    this.#state = 'suspended';
    this.#own.kill(this.#own.pid, 'SIGSTOP');
  };

  readonly #resume = (): void => {
    if (this.#state !== 'suspended') return;
    this.#enter();
    this.#onResize();
  };

  readonly #resized = (): void => {
    this.#onResize();
  };

  readonly #pressed = (bytes: Buffer): void => {
    const text = bytes.toString('latin1');
    if (text === SUSPEND) this.#suspend();
    else if (text in KEYS) this.#onKey(KEYS[text] ?? '');
    else
      for (const character of text.startsWith('\u001b') ? '' : text)
        this.#onKey(KEYS[character] ?? character);
  };

  readonly #ignore = (): void => undefined;
}
