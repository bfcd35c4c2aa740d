// The real bosunctl on a real pseudo-terminal of a known size: keys go in, what it draws comes out, and at its end the terminal's own
// settings are told. Python's pty, as in test/pid1/terminal.test.ts.
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { until, within } from '../../support/deadline.ts';

const CTL = fileURLToPath(new URL('../../../supervisor/ctl.ts', import.meta.url));

/** Tells the pid and the terminal's name, then how it ended and whether the terminal is in line mode and echoes, as before. */
const PTY = `
import fcntl, os, pty, select, struct, sys, termios
rows, cols = int(sys.argv[1]), int(sys.argv[2])
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', rows, cols, 0, 0))
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2): os.dup2(slave, fd)
    os.closerange(3, 64)
    os.execvp(sys.argv[3], sys.argv[3:])
print('started', pid, os.ttyname(slave), file=sys.stderr, flush=True)
inputs, ended = [0, master], False
while True:
    ready = select.select(inputs, [], [], 0.02)[0]
    if 0 in ready:
        data = os.read(0, 4096)
        if data: os.write(master, data)
        else: inputs.remove(0)
    if master in ready:
        os.write(1, os.read(master, 65536))
    elif ended: break
    else:
        done, status = os.waitpid(pid, os.WNOHANG)
        ended = done == pid
flags = termios.tcgetattr(slave)[3]
mode = 'cooked' if flags & termios.ICANON and flags & termios.ECHO else 'raw'
print('ended', os.waitstatus_to_exitcode(status), mode, file=sys.stderr, flush=True)
`;

export class PtyCtl implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #closed: Promise<unknown>;
  output = '';
  #told = '';

  constructor(
    words: readonly string[],
    {
      rows = 24,
      columns = 80,
      environment = {},
    }: { rows?: number; columns?: number; environment?: Record<string, string> } = {},
  ) {
    const argv = ['-c', PTY, String(rows), String(columns), process.execPath, CTL, ...words];
    this.#child = spawn('python3', argv, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], TERM: 'xterm', ...environment },
    });
    this.#closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#told += chunk.toString()));
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  /** What has been drawn since the screen was last begun from its top left corner. */
  get screen(): string {
    return (this.output.split('\u001b[H').at(-1) ?? '').replaceAll(/\u001b\[[\d;?]*[a-zA-Z]/g, '');
  }

  async shows(pattern: RegExp): Promise<string> {
    return await until(`${String(pattern)} on the screen; it is:\n${this.screen}`, () =>
      pattern.test(this.screen) ? this.screen : undefined,
    );
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    process.kill(Number(await this.#started(1)), signal);
  }

  /** The kernel tells the program by SIGWINCH. */
  async resize(rows: number, columns: number): Promise<void> {
    spawnSync('stty', ['-F', await this.#started(2), 'rows', String(rows), 'cols', String(columns)]);
  }

  /** `code`: negative for a signal. */
  async end(): Promise<{ readonly code: number; readonly mode: string }> {
    await within(`the end of bosunctl; its screen is:\n${this.screen}`, this.#closed);
    const [, code = '', mode = ''] = /^ended (-?\d+) (\w+)$/m.exec(this.#told) ?? [];
    return { code: Number(code), mode };
  }

  async #started(field: 1 | 2): Promise<string> {
    return await until('the start of bosunctl', () => /^started (\d+) (\S+)$/m.exec(this.#told)?.[field]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}
