// The whole default stack under Bosun, as a user would run it, on free ports and in a directory of its own: as PID 1 of a
// new PID namespace when the tests run as root, else as an ordinary process.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ServicesView, servicesView } from '../../supervisor/wire/service-view.ts';
import { eventually } from './eventually.ts';
import { EventStream } from './event-stream.ts';
import { choosePorts, portVariables, type StackPorts } from './stack-ports.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const BOSUNCTL = join(ROOT, 'bin/bosunctl');
const NAMESPACE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
const LAST_STOP_MS = 12_000;
const IS_ROOT = process.getuid?.() === 0;

export type Hello = { readonly instance: string; readonly pid: number };

export class StackRun implements AsyncDisposable {
  readonly directory: string;
  readonly ports: StackPorts;
  readonly events: EventStream;
  readonly #outer: ChildProcess;
  readonly #ended: Promise<readonly [code: number | null, signal: string | null]>;

  private constructor(directory: string, ports: StackPorts, outer: ChildProcess, events: EventStream) {
    this.directory = directory;
    this.ports = ports;
    this.events = events;
    this.#outer = outer;
    this.#ended = once(outer, 'exit') as Promise<[number | null, string | null]>;
  }

  static async start(): Promise<StackRun> {
    const directory = mkdtempSync(join(tmpdir(), 'bosun-stack-'));
    const ports = await choosePorts();
    const outer = launch(directory, ports);
    const socket = join(directory, 'bosun.sock');
    try {
      await eventually('the control socket', 15_000, () => (existsSync(socket) ? true : undefined));
    } catch (error) {
      outer.kill('SIGKILL');
      throw new Error(`Bosun did not come up: ${readFileSync(join(directory, 'output'), 'utf8')}`, {
        cause: error,
      });
    }
    return new StackRun(directory, ports, outer, new EventStream(BOSUNCTL, socket));
  }

  /** What `bosunctl ARGS` writes; fails when it does not end with 0. */
  control(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(
      BOSUNCTL,
      ['--socket', join(this.directory, 'bosun.sock'), ...args],
      {
        encoding: 'utf8',
        timeout: 15_000,
      },
    );
    if (status !== 0) throw new Error(`bosunctl ${args.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  }

  status(): ServicesView {
    return servicesView.parse(JSON.parse(this.control('status', '--json')));
  }

  service(name: string): ServicesView['services'][number] {
    const found = this.status().services.find((service) => service.name === name);
    if (found === undefined) throw new Error(`bosunctl status does not list ${name}`);
    return found;
  }

  /** The answer of the SUT backend through caddy. */
  async hello(): Promise<Hello> {
    const response = await fetch(`http://127.0.0.1:${this.ports.BOSUN_PROXY_PORT}/api/hello`, {
      signal: AbortSignal.timeout(3_000),
    });
    const body = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${body}`);
    return JSON.parse(body) as Hello;
  }

  /** The pids of all processes of the stack, Bosun's first, as this process sees them. */
  pids(): readonly number[] {
    const bosun = this.bosunPid();
    return [bosun, ...descendants(bosun)];
  }

  bosunPid(): number {
    const outer = this.#outer.pid;
    if (outer === undefined) throw new Error('the stack was not started');
    const [first] = childrenOf(outer);
    return IS_ROOT ? (first ?? outer) : outer;
  }

  /** `kill -9 PID`, with a pid as Bosun sees it. */
  killInside(pid: number): void {
    const enter = IS_ROOT ? ['nsenter', '--target', String(this.bosunPid()), '--pid', '--mount'] : [];
    const [program, ...args] = [...enter, 'sh', '-c', `kill -9 ${pid}`];
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`kill -9 ${pid} ended with ${status}: ${stderr}`);
  }

  /** Asks Bosun to stop everything; resolves to its exit code. */
  async stop(deadlineMs: number): Promise<number | null> {
    process.kill(this.bosunPid(), 'SIGTERM');
    const late = AbortSignal.timeout(deadlineMs);
    const [code] = await Promise.race([this.#ended, rejectOn(late)]);
    return code;
  }

  /** All that Bosun and the services have written: for the message of a failed test. */
  output(): string {
    return readFileSync(join(this.directory, 'output'), 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#outer.exitCode === null && this.#outer.signalCode === null) {
      // A test has failed half-way: nothing of the stack may outlive it.
      await this.stop(LAST_STOP_MS).catch(() => this.#outer.kill('SIGKILL'));
      await this.#ended;
    }
    await this.events[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function launch(directory: string, ports: StackPorts): ChildProcess {
  const bosun = [join(ROOT, 'bin/bosun'), 'run', '-c', join(ROOT, 'services.d')];
  const [program = 'false', ...args] = IS_ROOT ? [...NAMESPACE, ...bosun] : bosun;
  const output = openSync(join(directory, 'output'), 'w');
  const env = {
    ...process.env,
    ...portVariables(ports),
    BOSUN_RUN_DIR: directory,
    BOSUN_SOCKET: join(directory, 'bosun.sock'),
  };
  return spawn(program, args, { env, stdio: ['ignore', output, output] });
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

function descendants(pid: number): readonly number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendants(child)]);
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('the stack did not stop in time'));
    });
  });
}
