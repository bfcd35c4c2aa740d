// `docker run -it`: a terminal of the user's, and Ctrl-C on it.
import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { within } from '../support/deadline.ts';
import { OutputLines } from '../support/output-lines.ts';
import { BosunContainer, type ContainerOptions } from './support/bosun-container.ts';
import { clientCommand, withEngine } from './support/docker.ts';
import { OBEDIENT } from './support/services.ts';

const CTRL_C = '\x03';
const END_MS = 30_000;

/** Python's pty.spawn: a pseudo-terminal as the client's controlling terminal, joined to our pipes. */
const ON_A_TERMINAL = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';

const SHELL = `trap "echo interrupted; exit 5" INT
tty
echo "group $(cut -d" " -f5 /proc/$$/stat) foreground $(cut -d" " -f8 /proc/$$/stat)"
read line; echo "read $line"
read line`;

describe('docker run -it', withEngine, () => {
  it('gives a command the terminal: it reads, is the foreground group, and gets Ctrl-C once', async () => {
    await using terminal = new TerminalSession({ args: ['--', 'sh', '-c', SHELL] });
    await terminal.screen.line(/^\/dev\/pts\//, END_MS);
    const [, group, , foreground] = (await terminal.screen.line(/^group/)).trim().split(' ');
    assert.equal(group, foreground);
    terminal.type('hello\n');
    await terminal.screen.line(/^read hello/);
    terminal.type(CTRL_C);
    assert.equal(await terminal.ended(), 5);
    assert.equal(terminal.screen.text.match(/interrupted/g)?.length, 1, terminal.screen.text);
  });

  it('stops the services in order on Ctrl-C, and ends with 0', async () => {
    await using terminal = new TerminalSession({ services: { web: OBEDIENT } });
    await terminal.screen.line(/"msg":"up"/, END_MS);
    terminal.type(CTRL_C);
    assert.equal(await terminal.ended(), 0);
    assert.match(terminal.screen.text, /shutting down: SIGINT received/);
    assert.match(terminal.screen.text, /"msg":"bye"/);
    assert.match(terminal.screen.text, /finished with exit code 0/);
  });
});

class TerminalSession implements AsyncDisposable {
  readonly screen: OutputLines;
  readonly #container: BosunContainer;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #ended: Promise<unknown[]>;

  constructor(options: ContainerOptions) {
    const { container, args } = BosunContainer.forClient({ ...options, docker: ['-it'] });
    this.#container = container;
    const command = ['-c', ON_A_TERMINAL, ...clientCommand(args)];
    this.#child = spawn('python3', command, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#ended = once(this.#child, 'close');
    this.screen = new OutputLines(this.#child.stdout);
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** The exit code of the client, which is the container's. */
  async ended(): Promise<number | null> {
    const [code] = await within(`the end of the session; screen: ${this.screen.text}`, this.#ended, END_MS);
    return code as number | null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#container[Symbol.asyncDispose]();
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
