// A tool runner for those who cannot wait for ever, hooks and reload commands: one that has not ended although it was to be killed
// (a setuid program, a dead file system) is left to itself. Probes wait for theirs, so that no second one is started.
import type { ToolOutcome, ToolRequest, ToolRunner } from '../os/tool.ts';

export type BoundedOutcome = ToolOutcome | { readonly kind: 'left-running' };
export type BoundedTool = (request: ToolRequest, signal: AbortSignal) => Promise<BoundedOutcome>;

/** SIGKILL takes effect within milliseconds, or not at all. */
const PATIENCE_MS = 1000;
/** setTimeout takes 32 bits. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export function boundedTool(tool: ToolRunner): BoundedTool {
  return async (request, signal) => {
    const given = Promise.withResolvers<BoundedOutcome>();
    const giveUp = (): void => {
      given.resolve({ kind: 'left-running' });
    };
    let timer = setTimeout(giveUp, Math.min(request.timeoutMs + PATIENCE_MS, LONGEST_TIMEOUT_MS));
    const hasten = (): void => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, PATIENCE_MS);
    };
    signal.addEventListener('abort', hasten, { once: true });
    try {
      return await Promise.race([tool(request, signal), given.promise]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', hasten);
    }
  };
}
