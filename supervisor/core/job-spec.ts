// What a job is to run, with nothing left to look up: the command of an operator, in a context of its own or in that of a service.
// It goes from the command to the launch and is kept nowhere: its environment may hold secrets.
import type { Command } from './argv.ts';
import type { Execution, ResourceControl } from './execution-spec.ts';
import type { ServiceName } from './names.ts';

/** Where its stdin comes from. `terminal`: all three streams are one pseudo-terminal, see pty(7). */
export type JobInput =
  | { readonly kind: 'none' }
  | { readonly kind: 'stream' }
  | { readonly kind: 'terminal'; readonly columns: number; readonly rows: number };

export type JobSpec = {
  readonly command: Command;
  /** The command as events and answers show it: what looks like a secret is masked. */
  readonly shown: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly execution: Execution;
  readonly resourceControl: ResourceControl;
  /** The service in whose context it runs; undefined: in that of Bosun. */
  readonly context: ServiceName | undefined;
  readonly input: JobInput;
  /** Between SIGINT and SIGTERM, and between SIGTERM and SIGKILL. */
  readonly stopIntervalMs: number;
  /** Stopped after this time; 0 sets no limit. */
  readonly timeoutMs: number;
  /** Of output that is kept, both streams together; more is read and counted. */
  readonly outputLimitBytes: number;
};
