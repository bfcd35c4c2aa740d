// A second instance of the SUT backend, started and registered by hand as an operator would, beside the stack.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { eventually } from './eventually.ts';
import { freePorts } from './free-ports.ts';
import type { StackRun } from './stack-run.ts';

const SUT = resolve(import.meta.dirname, '../../stack/sut');
export const SECOND_INSTANCE = 'sut-backend-2';

export class SecondBackend implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
  }

  static async start(): Promise<SecondBackend> {
    const [port = 0] = await freePorts(1);
    const args = [
      'app:app',
      '-k',
      'uvicorn.workers.UvicornWorker',
      '-w',
      '1',
      '-b',
      `127.0.0.1:${port}`,
      '--chdir',
      SUT,
    ];
    const env = { ...process.env, SUT_INSTANCE: SECOND_INSTANCE, PYTHONDONTWRITEBYTECODE: '1' };
    const backend = new SecondBackend(spawn('gunicorn', args, { env, stdio: 'ignore' }), port);
    await eventually('the second backend', 15_000, () => backend.#isHealthy());
    return backend;
  }

  register(stack: StackRun): void {
    const env = {
      ...process.env,
      BOSUN_RUN_DIR: stack.directory,
      CONSUL_HTTP_ADDR: `127.0.0.1:${stack.ports.CONSUL_HTTP_PORT}`,
    };
    const args = [SECOND_INSTANCE, String(this.#port)];
    const { status, stderr } = spawnSync(join(SUT, 'register'), args, { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`the second backend was not registered: ${stderr}`);
  }

  async #isHealthy(): Promise<true | undefined> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/api/health`);
    return response.ok ? true : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }
}
