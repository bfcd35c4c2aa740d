// What starts the leaders of runs, and where what they leave behind goes.
import type { JobLauncher } from './job-launcher.ts';
import type { Launcher } from './launcher.ts';
import type { Orphans } from './run-members.ts';

export type RunLaunchers = {
  readonly services: Launcher;
  readonly jobs: JobLauncher;
  readonly orphans: Orphans;
};
