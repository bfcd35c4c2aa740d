// Runs what is ours and ends: exec probes, reload commands. Through execa, with its clean-up, buffering and own kill timer
// off; libuv waits for these, so their pids are entered as tools. Output goes through a real pipe and is kept to a bound.
import { once } from 'node:events';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pid } from '../core/names.ts';
import type { Command } from '../core/argv.ts';
import type { ProcessTable } from './process-table.ts';
import type { SystemCalls } from './system-calls.ts';

export type ToolRequest = {
  readonly command: Command;
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly timeoutMs: number;
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

export function createToolRunner(calls: SystemCalls, table: ProcessTable): ToolRunner {
  return async (request, signal) => {
    // Loaded at the first use: it is not needed for the first services to start.
    const { execa } = await import('execa');
    if (signal?.aborted === true) return { kind: 'not-started', reason: 'not wanted any more' };
    const pipe = calls.pipe();
    if (!pipe.ok) return { kind: 'not-started', reason: `cannot make a pipe (${pipe.errno})` };
    const output = new CollectedOutput(pipe.value.read);
    const [program, ...args] = request.command;
    const child = execa(program, args, {
      cwd: request.workingDir,
      env: request.environment,
      extendEnv: false,
      stdin: 'ignore',
      // execa takes any descriptor; its types know those up to 9.
      stdout: pipe.value.write as 3,
      stderr: pipe.value.write as 3,
      detached: true,
      cleanup: false,
      forceKillAfterDelay: false,
      buffer: false,
      reject: false,
    });
    if (child.pid !== undefined) table.addTool(child.pid as Pid);
    calls.close(pipe.value.write);
    const limit = new GroupLimit(calls, child.pid, request.timeoutMs, signal);
    const result = await child;
    if (child.pid !== undefined) table.removeTool(child.pid as Pid);
    limit.cancel();
    const text = await output.finish();
    if (limit.hit) return { kind: 'timed-out', output: text };
    if (result.exitCode !== undefined) return { kind: 'exited', code: result.exitCode, output: text };
    if (result.signal !== undefined) return { kind: 'killed', signal: result.signal, output: text };
    return { kind: 'not-started', reason: result.shortMessage ?? 'unknown' };
  };
}

/** Kills the tool's whole group when its time is up or nobody wants it any more; it has one of its own (`detached`). */
class GroupLimit {
  hit = false;
  readonly #timeout: NodeJS.Timeout;
  readonly #signal: AbortSignal | undefined;
  readonly #end: () => void;

  constructor(
    calls: SystemCalls,
    pid: number | undefined,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ) {
    this.#end = () => {
      this.hit = true;
      if (pid !== undefined) calls.kill(-pid, 9);
    };
    this.#timeout = setTimeout(this.#end, timeoutMs);
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
  #bytes = 0;

  constructor(fd: number) {
    this.#socket = new Socket({ fd, readable: true, writable: false });
    this.#socket.on('error', () => {
      // What was read until then is what there is.
    });
    this.#socket.on('data', (chunk: Buffer) => {
      if (this.#bytes < OUTPUT_BYTES) this.#chunks.push(chunk.subarray(0, OUTPUT_BYTES - this.#bytes));
      this.#bytes += chunk.length;
    });
  }

  /** To the end of the pipe, but not longer than a grandchild that holds it open may keep us. */
  async finish(): Promise<string> {
    await Promise.race([once(this.#socket, 'close'), delay(DRAIN_MS)]);
    this.#socket.destroy();
    return Buffer.concat(this.#chunks).toString('utf8').trimEnd();
  }
}
