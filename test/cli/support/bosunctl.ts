// The real bosunctl as a process of its own, against the real control plane.
import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const CTL = fileURLToPath(new URL('../../../supervisor/ctl.ts', import.meta.url));

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

export async function bosunctl(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const options = { env: { PATH: process.env['PATH'], ...environment }, timeout: 20_000 };
  return await new Promise((resolve) => {
    execFile(process.execPath, [CTL, ...words], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

export class FollowingCtl implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly exited: Promise<number | null>;
  output = '';

  constructor(words: readonly string[]) {
    this.#child = spawn(process.execPath, [CTL, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.exited = new Promise((resolve) => this.#child.once('exit', resolve));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
  }

  async outputWith(text: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = (): void => {
      if (this.output.includes(text)) resolve(this.output);
    };
    const timer = setTimeout(() => {
      reject(new Error(`no ${JSON.stringify(text)} within 10 s in:\n${this.output}`));
    }, 10_000);
    this.#child.stdout.on('data', look);
    this.#child.stderr.on('data', look);
    look();
    return await promise.finally(() => {
      clearTimeout(timer);
    });
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}
