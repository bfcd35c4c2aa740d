// Before Bosun is replaced nothing may be under way that libuv waits for: its exit would come to a program that does not know it. Counts
// what is, and holds back what is new for that long.
import type { ToolRunner } from '../os/tool.ts';
import type { BoundedTool } from './bounded-tool.ts';

export class ToolGate {
  readonly #running: string[] = [];
  #opened: PromiseWithResolvers<undefined> | undefined;
  #left: (() => void) | undefined;

  /** In words: a service's hook, or a probe's program. */
  get running(): readonly string[] {
    return [...this.#running];
  }

  hold(): void {
    this.#opened ??= Promise.withResolvers();
  }

  release(): void {
    this.#opened?.resolve(undefined);
    this.#opened = undefined;
  }

  /** Resolves when something new may begin. */
  async opened(): Promise<void> {
    await this.#opened?.promise;
  }

  /** Resolves when nothing is running, or the time is up. */
  async quiet(limitMs: number): Promise<void> {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(late.resolve, limitMs, undefined);
    this.#left = () => {
      if (this.#running.length === 0) late.resolve(undefined);
    };
    this.#left();
    await late.promise;
    clearTimeout(timer);
    this.#left = undefined;
  }

  /** Held back before it begins, so that its time limit does not run. */
  boundedTool(tool: BoundedTool): BoundedTool {
    return async (kind, request, signal) => {
      await Promise.race([this.opened(), aborted(signal)]);
      return this.#count(kind, tool(kind, request, signal));
    };
  }

  /** Only counted: a probe waits for `opened` before it asks. */
  probeTool(tool: ToolRunner): ToolRunner {
    return (request, signal) => this.#count(`the probe ${request.command[0]}`, tool(request, signal));
  }

  async #count<Outcome>(what: string, ended: Promise<Outcome>): Promise<Outcome> {
    this.#running.push(what);
    try {
      return await ended;
    } finally {
      this.#running.splice(this.#running.indexOf(what), 1);
      this.#left?.();
    }
  }
}

/** What nobody wants any more is told so by its runner, without being run. */
async function aborted(signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    signal?.addEventListener('abort', () => {
      resolve();
    });
  });
}
