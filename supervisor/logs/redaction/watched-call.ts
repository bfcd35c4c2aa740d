// A call that is ended when it takes too long. Nothing else ends a regular expression that runs away; the thread that vm starts for it costs
// 0.2 ms, so this is for calls that may need it.
import { Script } from 'node:vm';

/** How a script reaches what it is to call. */
const slots = globalThis as { bosunWatchedCall?: (() => void) | undefined };
const script = new Script('globalThis.bosunWatchedCall()');

/** Undefined: it took longer than `limitMs`. Throws what the call throws. */
export function callWithin<Result>(
  limitMs: number,
  call: () => Result,
): { readonly result: Result } | undefined {
  let answer: { readonly result: Result } | undefined;
  slots.bosunWatchedCall = () => {
    answer = { result: call() };
  };
  try {
    script.runInThisContext({ timeout: limitMs });
  } catch (error) {
    if (!isTimeout(error)) throw error;
    return undefined;
  } finally {
    slots.bosunWatchedCall = undefined;
  }
  return answer;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}
