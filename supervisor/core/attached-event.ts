// What becomes of the search for a process that Bosun did not start, and of the process that was found. Its end is `exited`, as of any other.
import type { Pid, RunId, ServiceName } from './names.ts';
import type { Stray } from './stray.ts';

export type AttachedEvent =
  /** `finding`: why it has not been found so far, for people; empty when the search begins. */
  | {
      readonly type: 'looking';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly finding: string;
    }
  | {
      readonly type: 'attached';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly pid: Pid;
      /** Processes of which the same is true, and that were not chosen; only the first of them. */
      readonly others: readonly Stray[];
      /** What cannot be done with it, in words. */
      readonly degraded: readonly string[];
    }
  /** It is left alone from now on, and goes on living. */
  | { readonly type: 'detached'; readonly service: ServiceName; readonly run: RunId };
