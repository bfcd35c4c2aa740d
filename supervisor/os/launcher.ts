// Starts the leader of a run: its control group, its pipes, its descriptors, its program looked up in the service's own PATH, then
// one posix_spawn(3). The pipes' read ends and the group are handed to the caller, who owns them from then on.
import type { Pid, RunId } from '../core/names.ts';
import type { ServiceSpec } from '../core/service-spec.ts';
import type { SpawnError } from '../core/service-state.ts';
import type { ControlGroup } from './control-group.ts';
import { prepareCommand, type PreparedCommand } from './execution-context.ts';
import type { ProcessTable } from './process-table.ts';
import { candidatePaths, isElsewhere } from './program-path.ts';
import type { ServiceGroups } from './service-groups.ts';
import type { CallResult, PipeEnds, SpawnRequest, SystemCalls } from './system-calls.ts';

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
  | { readonly kind: 'failed'; readonly error: SpawnError };

type PipeName = keyof RunPipes;
type OpenPipe = PipeEnds & { readonly name: PipeName; readonly theirs: number };
type Spawnable = Exclude<PreparedCommand, { kind: 'failed' }>;

export class Launcher {
  readonly #calls: SystemCalls;
  readonly #table: ProcessTable;
  readonly #groups: ServiceGroups;
  readonly #terminal: 'present' | 'absent';

  /** `terminal`: whether Bosun's stdin is one, which a drop-in command is then given. */
  constructor(
    calls: SystemCalls,
    table: ProcessTable,
    groups: ServiceGroups,
    terminal: 'present' | 'absent',
  ) {
    this.#calls = calls;
    this.#table = table;
    this.#groups = groups;
    this.#terminal = terminal;
  }

  launch(declared: ServiceSpec, request: LaunchRequest): Launch {
    const spec = specOf(declared, request);
    const { group, degraded } = this.#groups.open(spec.name, spec.resourceControl);
    const prepared = prepareCommand(this.#calls, { ...spec, joins: group?.joinFile });
    const launch =
      prepared.kind === 'failed'
        ? refusal(spec, prepared)
        : this.#launchPrepared(spec, request.run, prepared);
    if (launch.kind === 'launched')
      return { ...launch, degraded: [...degraded, ...launch.degraded], controlGroup: group };
    group?.remove();
    return launch;
  }

  #launchPrepared(spec: ServiceSpec, run: RunId, prepared: Spawnable): Launch {
    const opened = this.#openPipes(spec);
    if (!opened.ok) return failure(spec, opened.errno, `cannot make a pipe: ${explain(spec, opened.errno)}`);
    const degraded = this.#giveAway(spec, opened.value);
    const spawned = this.#spawn(spec, prepared, opened.value);
    for (const pipe of opened.value) this.#calls.close(pipe.write);
    if (!spawned.ok) {
      for (const pipe of opened.value) this.#calls.close(pipe.read);
      return failure(spec, spawned.errno, explain(spec, spawned.errno));
    }
    this.#table.addLeader({ service: spec.name, run, pid: spawned.value });
    const pipes = readEnds(opened.value);
    return { kind: 'launched', pid: spawned.value, pipes, degraded, controlGroup: undefined };
  }

  #openPipes(spec: ServiceSpec): CallResult<readonly OpenPipe[]> {
    const opened: OpenPipe[] = [];
    for (const [name, theirs] of wantedPipes(spec)) {
      const pipe = this.#calls.pipe();
      if (!pipe.ok) {
        for (const { read, write } of opened) [read, write].forEach((fd) => this.#calls.close(fd));
        return pipe;
      }
      opened.push({ ...pipe.value, name, theirs });
    }
    return { ok: true, value: opened };
  }

  /** A service of another user may open its /dev/stdout anew, as many do for their logs: then it must be the owner of the pipe. */
  #giveAway({ execution }: ServiceSpec, pipes: readonly OpenPipe[]): readonly string[] {
    const { identity } = execution;
    if (identity === undefined) return [];
    const refused = pipes
      .map(({ write }) => this.#calls.giveTo(write, identity.uid))
      .find((given) => !given.ok);
    return refused === undefined
      ? []
      : [`it cannot open /dev/stdout and /dev/stderr (fchown(2): ${refused.errno})`];
  }

  #spawn(spec: ServiceSpec, prepared: Spawnable, pipes: readonly OpenPipe[]): CallResult<Pid> {
    if (prepared.kind === 'direct') return this.#spawnDirectly(spec, pipes);
    const { argv, environment } = prepared;
    return this.#calls.spawn(this.#request({ ...spec, command: argv, environment }, argv[0], pipes));
  }

  /** As execvp(3) does: the first directory of PATH that has it; no access to one is told only if no other has it. */
  #spawnDirectly(spec: ServiceSpec, pipes: readonly OpenPipe[]): CallResult<Pid> {
    let errno = 'ENOENT';
    for (const path of candidatePaths({ program: spec.command[0], environment: spec.environment })) {
      const spawned = this.#trySpawn(spec, path, pipes);
      if (spawned.ok || path === spec.command[0] || !isElsewhere(spawned.errno)) return spawned;
      if (spawned.errno === 'EACCES') errno = 'EACCES';
    }
    return { ok: false, errno };
  }

  /** A spawn that fails costs as much as one that works, and PATH is long: a file that is not there is asked for first. */
  #trySpawn(spec: ServiceSpec, path: string, pipes: readonly OpenPipe[]): CallResult<Pid> {
    if (path.startsWith('/') && path !== spec.command[0]) {
      const there = this.#calls.mayExecute(path);
      if (!there.ok && isElsewhere(there.errno)) return there;
    }
    return this.#calls.spawn(this.#request(spec, path, pipes));
  }

  #request(spec: ServiceSpec, path: string, pipes: readonly OpenPipe[]): SpawnRequest {
    return {
      path,
      argv: spec.command,
      environment: spec.environment,
      workingDir: spec.workingDir,
      leadership: this.#leadership(spec),
      // stdout and stderr come first: their pipes cannot be where a later one lands.
      descriptors: [
        ...inheritedDescriptors(spec),
        ...pipes.map(({ write, theirs }) => ({ ours: write, theirs })),
      ],
      stdin: spec.stdio === 'piped' ? 'null' : 'inherited',
    };
  }

  /** A session of its own would take the terminal away from a drop-in command. */
  #leadership(spec: ServiceSpec): SpawnRequest['leadership'] {
    if (spec.stdio === 'piped' || this.#terminal === 'absent') return 'session';
    return 'foreground';
  }
}

function specOf(spec: ServiceSpec, { program, environment }: LaunchRequest): ServiceSpec {
  const command = program === 'down' ? (spec.down ?? spec.command) : spec.command;
  return { ...spec, command, environment: { ...spec.environment, ...environment } };
}

/** Node sets FD_CLOEXEC on its own 0, 1 and 2; posix_spawn(3) clears it where a descriptor is named as its own copy. */
function inheritedDescriptors({ stdio }: ServiceSpec): SpawnRequest['descriptors'] {
  const inherited = { piped: [], 'piped-with-stdin': [0], inherited: [0, 1, 2] }[stdio];
  return inherited.map((fd) => ({ ours: fd, theirs: fd }));
}

function wantedPipes(spec: ServiceSpec): readonly (readonly [PipeName, number])[] {
  const pipes: (readonly [PipeName, number])[] = [];
  if (spec.stdio !== 'inherited') pipes.push(['stdout', 1], ['stderr', 2]);
  if (spec.readiness.kind === 'notify-fd') pipes.push(['notify', spec.readiness.fd]);
  return pipes;
}

function readEnds(pipes: readonly OpenPipe[]): RunPipes {
  const find = (name: PipeName): number | undefined => pipes.find((pipe) => pipe.name === name)?.read;
  return { stdout: find('stdout'), stderr: find('stderr'), notify: find('notify') };
}

function refusal(spec: ServiceSpec, { errno, tool }: Extract<PreparedCommand, { kind: 'failed' }>): Launch {
  if (tool === undefined) return failure(spec, errno, explain(spec, errno));
  return failure(
    spec,
    errno,
    `the tool ${tool} ${errno === 'ENOENT' ? 'is not installed' : 'cannot be executed'}`,
  );
}

function failure(spec: ServiceSpec, code: string, why: string): Launch {
  return { kind: 'failed', error: { code, message: `cannot start ${spec.command[0]}: ${why} (${code})` } };
}

function explain(spec: ServiceSpec, errno: string): string {
  const [program] = spec.command;
  switch (errno) {
    case 'ENOENT':
      return program.includes('/')
        ? `no such file, or its interpreter or the working directory ${spec.workingDir} is missing`
        : `not found in PATH, or the working directory ${spec.workingDir} is missing`;
    case 'EACCES':
      return 'not executable, or a directory on the way may not be entered';
    case 'ENOTDIR':
      return 'what should be a directory on the way is none';
    case 'ENOEXEC':
      return 'not a program: a script needs a first line such as #!/bin/sh';
    case 'E2BIG':
      return 'arguments and environment are larger than the kernel takes';
    case 'EAGAIN':
      return 'the limit of processes is reached (RLIMIT_NPROC or pids.max)';
    case 'EMFILE':
      return 'the limit of open files is reached (RLIMIT_NOFILE of Bosun)';
    case 'ENFILE':
      return 'the machine has no open file left (fs.file-max)';
    case 'ENOMEM':
      return 'there is not enough memory';
    default:
      return 'the kernel refused';
  }
}
