// A tool runner for those who cannot wait for ever, hooks and reload commands: one that has not ended although it was to be killed
// (a setuid program, a dead file system) is left to itself, and no second one of its kind is started beside it.
import { LONGEST_TIMEOUT_MS } from '../os/clock.ts';
import type { ToolOutcome, ToolRequest, ToolRunner } from '../os/tool.ts';

export type BoundedOutcome = ToolOutcome | { readonly kind: 'left-running' };
/** `kind`: what it is, such as a service's hook. */
export type BoundedTool = (
  kind: string,
  request: ToolRequest,
  signal: AbortSignal,
) => Promise<BoundedOutcome>;

/** SIGKILL takes effect within milliseconds, or not at all. */
const PATIENCE_MS = 1000;

export function boundedTool(tool: ToolRunner): BoundedTool {
  const leftRunning = new Set<string>();
  return async (kind, request, signal) => {
    if (leftRunning.has(kind))
      return { kind: 'not-started', reason: 'the one before goes on running: SIGKILL did not end it' };
    const ended = tool(request, signal);
    const outcome = await withinPatience(ended, request.timeoutMs, signal);
    if (outcome.kind === 'left-running') {
      leftRunning.add(kind);
      const forget = (): void => {
        leftRunning.delete(kind);
      };
      void ended.then(forget, forget);
    }
    return outcome;
  };
}

async function withinPatience(
  ended: Promise<ToolOutcome>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<BoundedOutcome> {
  const given = Promise.withResolvers<BoundedOutcome>();
  const giveUp = (): void => {
    given.resolve({ kind: 'left-running' });
  };
  let timer = setTimeout(giveUp, Math.min(timeoutMs + PATIENCE_MS, LONGEST_TIMEOUT_MS));
  const hasten = (): void => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, PATIENCE_MS);
  };
  signal.addEventListener('abort', hasten, { once: true });
  try {
    return await Promise.race([ended, given.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', hasten);
  }
}
