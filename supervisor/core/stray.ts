// Processes that have left where they were started.
import type { Pid } from './names.ts';

/** A process of a run that has left its session, so that a signal to the run does not reach it. */
export type Stray = { readonly pid: Pid; readonly name: string };
