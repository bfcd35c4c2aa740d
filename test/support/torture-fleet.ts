// Services that write numbered lines at full speed (test/fixtures/log-writer.py), the process that reads Bosun's standard output, and what
// both of them have found.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import type { Findings } from '../fixtures/count-lines.ts';
import type { Container } from './container.ts';
import { until, within } from './deadline.ts';
import type { Written } from './numbered-lines.ts';

const FIXTURES = resolve(import.meta.dirname, '../fixtures');
const PYTHON = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
const OUTPUT = 'output';

/** For Container: Bosun writes to a FIFO, which StdoutReader reads. The pid is Bosun's as ever. */
export const INTO_FIFO = ['sh', '-c', `mkfifo ${OUTPUT}; exec "$@" >${OUTPUT}`, 'sh'];

/** For Container: see test/fixtures/thread-deaths.ts. */
export const BOSUN_WITH_DEATHS = [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  '--no-memory-reducer',
  '--import',
  join(FIXTURES, 'thread-deaths.ts'),
  resolve(import.meta.dirname, '../../supervisor/main.ts'),
];

export type How = 'line' | 'many' | 'cut' | 'paced';

type Writing = { readonly how: How; readonly forMs: number; readonly lines?: number };

function commandOf(name: string, { how, forMs, lines }: Writing): [string, ...string[]] {
  const limits = [forMs, ...(lines === undefined ? [] : [lines])].map(String);
  return [PYTHON.stdout.trim(), join(FIXTURES, 'log-writer.py'), name, how, ...limits];
}

/** YAML of a service; `more`: further lines of it. */
export function writer(name: string, writing: Writing, more = ''): string {
  return `command: ${JSON.stringify(commandOf(name, writing))}\n${more}`;
}

/** A bound on a hang: from the sources the control plane takes 2 s of a processor's time to start, and the machine may have others to run. */
const START_MS = 90_000;

/** When Bosun is there: its own start holds up those that write before. After how long that was. */
export async function letThemWrite(container: Container): Promise<number> {
  const client = new BosunClient(container.socket);
  const beganMs = performance.now();
  const up = await until('the control plane', () => client.health().catch(() => undefined), START_MS).catch(
    (error: unknown) => error,
  );
  if (up instanceof Error) throw new Error(`${up.message}; stderr: ${container.stderr.text}`);
  writeFileSync(join(container.directory, 'go'), '');
  return performance.now() - beganMs;
}

/** Writes to cat beside Bosun: what the machine does to everybody is told apart from what Bosun does. */
export class WriterBeside implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #report: () => Promise<Written>;

  constructor(container: Container, name: string, writing: Writing) {
    this.#report = () => writtenBy(container, name, 30_000);
    const script = '"$@" 2>&1 | cat >/dev/null';
    this.#child = spawn('sh', ['-c', script, 'sh', ...commandOf(name, writing)], {
      env: { PATH: process.env['PATH'], TEST_DIR: container.directory },
      stdio: 'ignore',
      detached: true,
    });
    this.#ended = once(this.#child, 'close');
  }

  /** When it is done. */
  written(): Promise<Written> {
    return this.#report();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    await this.#ended;
  }
}

/** What it says at its end. */
export async function writtenBy(container: Container, name: string, limitMs: number): Promise<Written> {
  const report = await until(`the end of ${name}`, () => container.read(`${name}.json`), limitMs);
  return JSON.parse(report) as Written;
}

export class StdoutReader implements Disposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #text = '';
  #errors = '';

  private constructor(fifo: string) {
    const flags = ['--disable-warning=ExperimentalWarning', join(FIXTURES, 'count-lines.ts'), fifo];
    this.#child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#text += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()));
    this.#ended = once(this.#child, 'close');
  }

  static async of(container: Container): Promise<StdoutReader> {
    const fifo = join(container.directory, OUTPUT);
    await until('the FIFO', () => existsSync(fifo));
    return new StdoutReader(fifo);
  }

  stall(): void {
    this.#child.kill('SIGSTOP');
  }

  goOn(): void {
    this.#child.kill('SIGCONT');
  }

  /** After the end of Bosun. */
  async findings(): Promise<Findings> {
    await within('the end of the reader of standard output', this.#ended, 60_000);
    if (this.#errors !== '') throw new Error(this.#errors);
    return JSON.parse(this.#text) as Findings;
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}
