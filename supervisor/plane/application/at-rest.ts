// Whether somebody can be there to answer for a service.
import type { ServiceState } from '../../core/service-state.ts';

const AT_REST: ReadonlySet<string> = new Set([
  'stopped',
  'completed',
  'failed',
  'skipped',
] satisfies readonly ServiceState['kind'][]);

/** It has no process, and will get none by itself. */
export function isAtRest(state: string | undefined): boolean {
  return state === undefined || AT_REST.has(state);
}
