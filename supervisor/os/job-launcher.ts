// Starts the leader of a job: its streams by what it is given for input, pipes or one pseudo-terminal. Our ends of them and the control
// group are handed to the caller, who owns them from then on.
import type { JobSpec } from '../core/job-spec.ts';
import type { JobId, Pid, RunId } from '../core/names.ts';
import type { JobStream } from '../core/plane-message.ts';
import type { ControlGroup } from './control-group.ts';
import { openPipes } from './open-pipes.ts';
import type { LaunchFailure, OpenedStreams, ProgramLauncher } from './program-launcher.ts';
import { explainShortage, spawnError } from './spawn-error.ts';
import type { Errno, SystemCalls, TerminalSize } from './system-calls.ts';

type JobEndpoint = { readonly stream: JobStream; readonly fd: number };

export type JobLaunch =
  | {
      readonly kind: 'launched';
      readonly pid: Pid;
      readonly ends: readonly JobEndpoint[];
      /** What it was promised and does not have, in words. */
      readonly degraded: readonly string[];
      readonly controlGroup: ControlGroup | undefined;
    }
  | LaunchFailure;

const OUTPUT = [
  { name: 'stdout', theirs: 1, flow: 'to-us' },
  { name: 'stderr', theirs: 2, flow: 'to-us' },
] as const;
const INPUT = { name: 'stdin', theirs: 0, flow: 'to-them' } as const;

export class JobLauncher {
  readonly #calls: SystemCalls;
  readonly #programs: ProgramLauncher;

  constructor(calls: SystemCalls, programs: ProgramLauncher) {
    this.#calls = calls;
    this.#programs = programs;
  }

  launch(spec: JobSpec, { job, run }: { readonly job: JobId; readonly run: RunId }): JobLaunch {
    if (hasNul(spec)) {
      const why = 'a NUL character in the command, its environment or its working directory';
      return { kind: 'failed', error: spawnError(spec, 'EINVAL', why) };
    }
    // No service can have that name.
    return this.#programs.launch({ ...spec, run, group: `_job-${job}` }, () => this.#open(spec));
  }

  #open({ input }: JobSpec): OpenedStreams<readonly JobEndpoint[]> {
    switch (input.kind) {
      case 'none':
      case 'stream':
        return this.#openPipes(input.kind);
      case 'terminal':
        return this.#openTerminal(input);
    }
  }

  #openPipes(input: 'none' | 'stream'): OpenedStreams<readonly JobEndpoint[]> {
    const opened = openPipes(this.#calls, input === 'none' ? OUTPUT : [INPUT, ...OUTPUT]);
    if (!opened.ok) return opened;
    const pipes = opened.value;
    return {
      ok: true,
      value: {
        leadership: 'session',
        descriptors: pipes.map(({ given, theirs }) => ({ ours: given, theirs })),
        stdin: input === 'none' ? 'null' : 'given',
        ends: pipes.map(({ name, ours }) => ({ stream: name, fd: ours })),
        ours: pipes.map(({ ours }) => ours),
        theirs: pipes.map(({ given }) => given),
        reopened: '/dev/stdout and /dev/stderr',
      },
    };
  }

  #openTerminal(size: TerminalSize): OpenedStreams<readonly JobEndpoint[]> {
    const opened = this.#calls.openTerminal(size);
    if (!opened.ok) return { ...opened, why: `cannot open a terminal: ${explainTerminal(opened.errno)}` };
    const { master, slave, path } = opened.value;
    return {
      ok: true,
      value: {
        leadership: 'session',
        descriptors: [],
        stdin: { terminal: path },
        ends: [{ stream: 'terminal', fd: master }],
        ours: [master],
        theirs: [slave],
        reopened: 'its own terminal by name',
      },
    };
  }
}

/** C strings end with one: what comes after it would be left out. */
function hasNul({ command, environment, workingDir }: JobSpec): boolean {
  return [...command, ...Object.entries(environment).flat(), workingDir].some((text) => text.includes('\0'));
}

function explainTerminal(errno: Errno): string {
  switch (errno) {
    case 'ENOENT':
    case 'ENODEV':
    case 'ENXIO':
      return 'there is no /dev/ptmx, or no devpts at /dev/pts';
    case 'EACCES':
    case 'EPERM':
      return '/dev/ptmx or what is in /dev/pts may not be opened';
    // posix_openpt(3).
    case 'EAGAIN':
    case 'ENOSPC':
      return 'there are no more pseudo-terminals (kernel.pty.max)';
    default:
      return explainShortage(errno);
  }
}
