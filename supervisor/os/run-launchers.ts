// What starts the leaders of runs, and where what they leave behind goes.
import type { JobLauncher } from './job-launcher.ts';
import type { Launcher } from './launcher.ts';
import type { OwnMemory } from './own-memory.ts';
import type { Orphans } from './run-members.ts';

export type RunLaunchers = {
  readonly services: Launcher;
  readonly jobs: JobLauncher;
  readonly orphans: Orphans;
  /** Where the process is a container's: its memory is that of all runs. */
  readonly memory?: OwnMemory;
};
