// A Bosun that tells the delay of its engine's loop, and a process that does nothing but measure its own: what the machine does to
// everybody is told apart from what Bosun does to itself.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Container } from './container.ts';
import { until, within } from './deadline.ts';

export type LoopDelay = {
  readonly maxMs: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly samples: number;
};

/** A program for Container. */
export const BOSUN_WITH_LOOP_DELAY = [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  resolve(import.meta.dirname, '../fixtures/bosun-with-loop-delay.ts'),
];

/** Of the engine, since it was asked last. */
export async function loopDelay(container: Container): Promise<LoopDelay> {
  return until('the figures of the loop', async () => {
    const socket = connect(join(container.directory, 'delay.sock'));
    try {
      await once(socket, 'connect');
      socket.write('\n');
      const [line] = (await once(createInterface({ input: socket }), 'line')) as [string];
      return JSON.parse(line) as LoopDelay;
    } catch {
      return undefined;
    } finally {
      socket.destroy();
    }
  });
}

const IDLE = `
  const { monitorEventLoopDelay } = require('node:perf_hooks');
  const delay = monitorEventLoopDelay({ resolution: 2 });
  delay.enable();
  process.stdin.resume().on('end', () => process.stdout.write(String(delay.max / 1e6)));
  setTimeout(() => delay.reset(), 200);
`;

export class IdleProcess implements Disposable {
  readonly #child: ChildProcess;
  #text = '';

  constructor() {
    this.#child = spawn(process.execPath, ['-e', IDLE], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#text += chunk.toString()));
  }

  /** The longest delay of its loop, in milliseconds; it ends then. */
  async end(): Promise<number> {
    const ended = once(this.#child, 'close');
    this.#child.stdin?.end();
    await within('the idle process', ended);
    return Number(this.#text);
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}
