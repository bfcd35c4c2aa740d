// Starts the leader of a service's run: which pipes it gets, and what it has of Bosun's own descriptors. The pipes' read ends and the
// control group are handed to the caller, who owns them from then on.
import type { Command } from '../core/argv.ts';
import type { Pid, RunId } from '../core/names.ts';
import type { ServiceSpec } from '../core/service-spec.ts';
import type { ControlGroup } from './control-group.ts';
import { openPipes } from './open-pipes.ts';
import type { LaunchFailure, OpenedStreams, ProgramLauncher } from './program-launcher.ts';
import type { SpawnRequest, SystemCalls } from './system-calls.ts';

/** Read ends; undefined where the stream is not piped. */
export type RunPipes = {
  readonly stdout: number | undefined;
  readonly stderr: number | undefined;
  readonly notify: number | undefined;
};

export type LaunchRequest = {
  readonly run: RunId;
  readonly program: 'command' | 'down';
  /** Added to the service's own environment. */
  readonly environment: Readonly<Record<string, string>>;
};

export type Launch =
  | {
      readonly kind: 'launched';
      readonly pid: Pid;
      readonly pipes: RunPipes;
      /** What it was promised and does not have, in words. */
      readonly degraded: readonly string[];
      /** Of a service with resource control, where there can be one. */
      readonly controlGroup: ControlGroup | undefined;
    }
  | LaunchFailure;

type PipeName = keyof RunPipes;

export class Launcher {
  readonly #calls: SystemCalls;
  readonly #programs: ProgramLauncher;
  readonly #terminal: 'present' | 'absent';

  /** `terminal`: whether Bosun's stdin is one, which a drop-in command is then given. */
  constructor(calls: SystemCalls, programs: ProgramLauncher, terminal: 'present' | 'absent') {
    this.#calls = calls;
    this.#programs = programs;
    this.#terminal = terminal;
  }

  launch(declared: ServiceSpec, request: LaunchRequest): Launch {
    const spec = specOf(declared, request);
    const launched = this.#programs.launch({ ...spec, run: request.run, group: spec.name }, () =>
      this.#open(spec),
    );
    if (launched.kind === 'failed') return launched;
    const { ends: pipes, ...launch } = launched;
    return { ...launch, pipes };
  }

  #open(spec: ServiceSpec): OpenedStreams<RunPipes> {
    const opened = openPipes(this.#calls, wantedPipes(spec));
    if (!opened.ok) return opened;
    const pipes = opened.value;
    const find = (name: PipeName): number | undefined => pipes.find((pipe) => pipe.name === name)?.ours;
    return {
      ok: true,
      value: {
        leadership: this.#leadership(spec),
        // stdout and stderr come first: their pipes cannot be where a later one lands.
        descriptors: [
          ...inheritedDescriptors(spec),
          ...pipes.map(({ given, theirs }) => ({ ours: given, theirs })),
        ],
        stdin: spec.stdio === 'piped' ? 'null' : 'given',
        ends: { stdout: find('stdout'), stderr: find('stderr'), notify: find('notify') },
        ours: pipes.map(({ ours }) => ours),
        theirs: pipes.map(({ given }) => given),
        reopened: '/dev/stdout and /dev/stderr',
      },
    };
  }

  /** A session of its own would take the terminal away from a drop-in command. */
  #leadership(spec: ServiceSpec): SpawnRequest['leadership'] {
    if (spec.stdio === 'piped' || this.#terminal === 'absent') return 'session';
    return 'foreground';
  }
}

type Launchable = ServiceSpec & { readonly command: Command };

function specOf(spec: ServiceSpec, { program, environment }: LaunchRequest): Launchable {
  const command = program === 'down' ? (spec.down ?? spec.command) : spec.command;
  if (command === undefined) throw new RangeError(`${spec.name} has no command that could be started`);
  return { ...spec, command, environment: { ...spec.environment, ...environment } };
}

/** Node sets FD_CLOEXEC on its own 0, 1 and 2; posix_spawn(3) clears it where a descriptor is named as its own copy. */
function inheritedDescriptors({ stdio }: ServiceSpec): SpawnRequest['descriptors'] {
  const inherited = { piped: [], 'piped-with-stdin': [0], inherited: [0, 1, 2] }[stdio];
  return inherited.map((fd) => ({ ours: fd, theirs: fd }));
}

type Wanted = { readonly name: PipeName; readonly theirs: number; readonly flow: 'to-us' };

function wantedPipes(spec: ServiceSpec): readonly Wanted[] {
  const flow = 'to-us';
  const pipes: Wanted[] = [];
  if (spec.stdio !== 'inherited')
    pipes.push({ name: 'stdout', theirs: 1, flow }, { name: 'stderr', theirs: 2, flow });
  if (spec.readiness.kind === 'notify-fd') pipes.push({ name: 'notify', theirs: spec.readiness.fd, flow });
  return pipes;
}
