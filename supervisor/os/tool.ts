// Runs what is ours and ends: exec probes, reload commands, hooks. Through execa, with its clean-up, buffering and own kill timer
// off; libuv waits for these, so their pids are entered as tools. Output goes through a real pipe and is kept to a bound.
import { Socket } from 'node:net';
import type { Pid } from '../core/names.ts';
import type { Command } from '../core/argv.ts';
import { PLAIN_EXECUTION, type Execution } from '../core/execution-spec.ts';
import { LONGEST_TIMEOUT_MS } from './clock.ts';
import { prepareCommand } from './execution-context.ts';
import type { ProcessTable } from './process-table.ts';
import type { Errno, SystemCalls } from './system-calls.ts';

export type ToolRequest = {
  readonly command: Command;
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly timeoutMs: number;
  /** Of ours, which becomes its descriptor 3. */
  readonly given?: number;
  /** Of the service in whose context it runs; not its control group, where a tool's end would be taken for the service's. */
  readonly execution?: Execution;
};

export type ToolOutcome =
  | { readonly kind: 'exited'; readonly code: number; readonly output: string }
  | { readonly kind: 'killed'; readonly signal: string; readonly output: string }
  | { readonly kind: 'timed-out'; readonly output: string }
  | { readonly kind: 'not-started'; readonly reason: string };

export type ToolRunner = (request: ToolRequest, signal?: AbortSignal) => Promise<ToolOutcome>;

/** Docker keeps as much of a health check's output. */
const OUTPUT_BYTES = 4096;
const DRAIN_MS = 100;

/** `refused`: the kernel does not let one be killed whose time is up; it is waited for all the same. */
export function createToolRunner(
  calls: SystemCalls,
  table: ProcessTable,
  refused: (program: string, errno: Errno) => void = () => undefined,
): ToolRunner {
  return async (request, signal) => {
    // Loaded at the first use: it is not needed for the first services to start.
    const { execa } = await import('execa');
    if (signal?.aborted === true) return { kind: 'not-started', reason: 'not wanted any more' };
    const prepared = prepareTool(calls, request);
    if (prepared.kind === 'not-started') return prepared;
    const pipe = calls.pipe();
    if (!pipe.ok) return { kind: 'not-started', reason: `cannot make a pipe (${pipe.errno})` };
    const output = new CollectedOutput(pipe.value.read);
    giveAway(calls, pipe.value.write, request.execution);
    const [program, ...args] = prepared.command;
    const { given } = request;
    const child = execa(program, args, {
      cwd: request.workingDir,
      env: prepared.environment,
      extendEnv: false,
      // execa takes any descriptor; its types know those up to 9.
      stdio: [
        'ignore',
        pipe.value.write as 3,
        pipe.value.write as 3,
        ...(given === undefined ? [] : [given as 3]),
      ],
      detached: true,
      cleanup: false,
      forceKillAfterDelay: false,
      buffer: false,
      reject: false,
    });
    if (child.pid !== undefined) table.addTool(child.pid as Pid);
    calls.close(pipe.value.write);
    const limit = new GroupLimit(request.timeoutMs, signal, () => {
      const killed = child.pid === undefined ? undefined : calls.kill(-child.pid, 9);
      if (killed?.ok === false && killed.errno !== 'ESRCH') refused(request.command[0], killed.errno);
    });
    const result = await child;
    if (child.pid !== undefined) table.removeTool(child.pid as Pid);
    limit.cancel();
    endLeftovers(calls, child.pid);
    const text = await output.finish();
    // One that has ended by itself was not ended by us, however late it was.
    if (result.exitCode !== undefined) return { kind: 'exited', code: result.exitCode, output: text };
    if (limit.hit) return { kind: 'timed-out', output: text };
    if (result.signal !== undefined) return { kind: 'killed', signal: result.signal, output: text };
    return { kind: 'not-started', reason: result.shortMessage ?? 'unknown' };
  };
}

/** As the launcher does for a service. It matters to those alone that open /dev/stdout: they say so themselves. */
function giveAway(calls: SystemCalls, fd: number, execution: Execution | undefined): void {
  if (execution?.identity !== undefined) calls.giveTo(fd, execution.identity.uid);
}

type PreparedTool = { readonly kind: 'ready' } & Pick<ToolRequest, 'command' | 'environment'>;

function prepareTool(
  calls: SystemCalls,
  request: ToolRequest,
): PreparedTool | Extract<ToolOutcome, { kind: 'not-started' }> {
  const { command, environment, execution = PLAIN_EXECUTION } = request;
  const prepared = prepareCommand(calls, { ...request, execution });
  switch (prepared.kind) {
    case 'direct':
      return { kind: 'ready', command, environment };
    case 'chained':
      return { kind: 'ready', command: prepared.argv, environment: prepared.environment };
    case 'failed': {
      const what = prepared.tool === undefined ? command[0] : `the tool ${prepared.tool}`;
      return { kind: 'not-started', reason: `cannot start ${what} (${prepared.errno})` };
    }
  }
}

/**
 * What a tool leaves in its group belongs to nobody. Its number can be somebody else's by now only if the group is empty, and
 * then there is a process that has it, fork(2).
 */
function endLeftovers(calls: SystemCalls, pid: number | undefined): void {
  if (pid === undefined) return;
  const asked = calls.kill(pid, 0);
  if (!asked.ok && asked.errno === 'ESRCH') calls.kill(-pid, 9);
}

/** When a tool's time is up or nobody wants it any more, its whole group is killed; it has one of its own (`detached`). */
class GroupLimit {
  hit = false;
  readonly #timeout: NodeJS.Timeout;
  readonly #signal: AbortSignal | undefined;
  readonly #end: () => void;

  constructor(timeoutMs: number, signal: AbortSignal | undefined, kill: () => void) {
    this.#end = () => {
      this.hit = true;
      kill();
    };
    this.#timeout = setTimeout(this.#end, Math.min(timeoutMs, LONGEST_TIMEOUT_MS));
    this.#signal = signal;
    signal?.addEventListener('abort', this.#end, { once: true });
  }

  cancel(): void {
    clearTimeout(this.#timeout);
    this.#signal?.removeEventListener('abort', this.#end);
  }
}

/** The first bytes that came; a grandchild that holds the pipe open does not hold us. */
class CollectedOutput {
  readonly #socket: Socket;
  readonly #chunks: Buffer[] = [];
  /** Often before the exit is heard of. */
  readonly #closed = Promise.withResolvers<undefined>();
  #bytes = 0;

  constructor(fd: number) {
    this.#socket = new Socket({ fd, readable: true, writable: false });
    this.#socket.on('error', () => {
      // What was read until then is what there is.
    });
    this.#socket.on('close', () => {
      this.#closed.resolve(undefined);
    });
    this.#socket.on('data', (chunk: Buffer) => {
      if (this.#bytes < OUTPUT_BYTES) this.#chunks.push(chunk.subarray(0, OUTPUT_BYTES - this.#bytes));
      this.#bytes += chunk.length;
    });
  }

  /** To the end of the pipe, but not longer than a grandchild that holds it open may keep us. */
  async finish(): Promise<string> {
    const late = setTimeout(this.#closed.resolve, DRAIN_MS, undefined);
    await this.#closed.promise;
    clearTimeout(late);
    this.#socket.destroy();
    return Buffer.concat(this.#chunks).toString('utf8').trimEnd();
  }
}
