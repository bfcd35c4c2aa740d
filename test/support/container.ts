// Bosun as the real PID 1 of a PID namespace of its own (unshare, as root), with a services directory made for the test, its
// own control socket, and its end awaited. As close to a container as there is without an engine.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { until, within } from './deadline.ts';
import { OutputLines } from './output-lines.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** The source, or a bundle: `npm run test:bundle`. */
const BIN = process.env['BOSUN_TEST_BIN'] ?? join(ROOT, 'bin');
const BOSUN = join(BIN, 'bosun');
const BOSUNCTL = join(BIN, 'bosunctl');

export type ContainerOptions = {
  /** File name without ending to YAML text. None: no services directory is given. */
  readonly services?: Readonly<Record<string, string>>;
  /** bosun.yaml beside them. */
  readonly fleet?: string;
  /** After `--`. */
  readonly command?: readonly string[];
  readonly options?: readonly string[];
  readonly place?: 'pid1' | 'below';
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: 'ignore' | 'pipe';
  /** What all of it is started through, such as a program that opens a terminal; Bosun's pid is then not to be had. */
  readonly inside?: readonly string[];
  /** What Bosun is started through, such as setpriv: it execs, so the pid stays. */
  readonly through?: readonly string[];
  /** Instead of bin/bosun, with the same options. */
  readonly program?: readonly string[];
};

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export class Container implements AsyncDisposable {
  readonly directory: string;
  readonly socket: string;
  readonly stdout: OutputLines;
  readonly stderr: OutputLines;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #place: 'pid1' | 'below';
  #control: 'not-seen' | 'seen' = 'not-seen';

  constructor(options: ContainerOptions) {
    this.directory = mkdtempSync(join(tmpdir(), 'bosun-test-'));
    // Bosun may be run as somebody else.
    chmodSync(this.directory, 0o777);
    this.socket = join(this.directory, 'bosun.sock');
    this.#place = options.place ?? 'pid1';
    const config = this.#writeServices(options);
    const bosun = [
      ...(options.through ?? []),
      ...(options.program ?? [BOSUN]),
      'run',
      '--socket',
      this.socket,
      ...config,
      ...(options.options ?? []),
    ];
    const argv = [...bosun, ...(options.command === undefined ? [] : ['--', ...options.command])];
    const unshare = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
    const placed = this.#place === 'pid1' ? [...unshare, ...argv] : argv;
    const [program = '', ...args] = [...(options.inside ?? []), ...placed];
    this.#child = spawn(program, args, {
      cwd: this.directory,
      env: { PATH: process.env['PATH'], HOME: '/', TEST_DIR: this.directory, ...options.environment },
      stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error('no pipes');
    this.stdout = new OutputLines(stdout);
    this.stderr = new OutputLines(stderr);
    this.ended = once(this.#child, 'close').then(([code, signal]: unknown[]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
  }

  get stdin(): NodeJS.WritableStream {
    if (this.#child.stdin === null) throw new Error('stdin was not asked for');
    return this.#child.stdin;
  }

  /** The pid of Bosun as this namespace sees it. */
  async pid(): Promise<number> {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('it did not start');
    if (this.#place === 'below') return pid;
    return until('the pid of PID 1', () => childrenOf(pid)[0]);
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    process.kill(await this.pid(), signal);
  }

  async end(limitMs?: number): Promise<Ended> {
    return within(`the end of Bosun; stderr: ${this.stderr.text}`, this.ended, limitMs);
  }

  /** What a path holds, for services that write there; undefined while it is not there. */
  read(name: string): string | undefined {
    try {
      return readFileSync(join(this.directory, name), 'utf8');
    } catch {
      return undefined;
    }
  }

  /** Lines of services may come before the control plane is there: the first call waits for its socket, or for the end of Bosun. */
  async ctl(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    if (this.#control === 'not-seen')
      await until('the control socket', () => existsSync(this.socket) || this.#child.exitCode !== null);
    this.#control = 'seen';
    const child = spawn(BOSUNCTL, ['--socket', this.socket, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const stdout = new OutputLines(child.stdout);
    const stderr = new OutputLines(child.stderr);
    const [code] = (await within(`bosunctl ${args.join(' ')}`, once(child, 'close'))) as [number | null];
    return { code, stdout: stdout.text, stderr: stderr.text };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#endByForce();
      await within('the clean-up', this.ended);
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Its PID 1 first: a change of user clears the signal that --kill-child has set, prctl(2) PR_SET_PDEATHSIG. */
  #endByForce(): void {
    const inner = this.#place === 'pid1' ? childrenOf(this.#child.pid ?? 0) : [];
    for (const pid of inner) process.kill(pid, 'SIGKILL');
    this.#child.kill(this.#place === 'below' ? 'SIGTERM' : 'SIGKILL');
  }

  #writeServices({ services, fleet }: ContainerOptions): readonly string[] {
    if (fleet !== undefined) writeFileSync(join(this.directory, 'bosun.yaml'), fleet);
    if (services === undefined) return [];
    const directory = join(this.directory, 'services.d');
    mkdirSync(directory);
    for (const [name, text] of Object.entries(services)) writeFileSync(join(directory, `${name}.yaml`), text);
    return ['-c', directory];
  }
}

/** From /proc/PID/task/TID/children, proc(5). */
export function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** The state letter of proc(5), or undefined when there is no such process. */
export function processState(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  } catch {
    return undefined;
  }
}

export function zombiesOf(pid: number): readonly number[] {
  return childrenOf(pid).filter((child) => processState(child) === 'Z');
}
