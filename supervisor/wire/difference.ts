// A difference between two configurations in words, for the terminal and for the log.
import type { DifferenceView } from './plan-view.ts';

/** `restart.policy: always -> never`, `environment.PORT changed`, `socket added (/run/app.sock)`. */
export function describeDifference({ key, how, before, after }: DifferenceView): string {
  if (before !== null && after !== null) return `${key}: ${before} -> ${after}`;
  const value = before ?? after;
  return `${key} ${how}${value === null ? '' : ` (${value})`}`;
}
