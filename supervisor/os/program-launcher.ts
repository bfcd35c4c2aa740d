// Starts the leader of a run, whoever's it is: its control group, its descriptors, its program looked up in the PATH of its own
// environment, then one posix_spawn(3). What belongs to the caller afterwards is handed over; what fails leaves nothing.
import type { Command } from '../core/argv.ts';
import type { Execution, ResourceControl } from '../core/execution-spec.ts';
import type { Pid, RunId } from '../core/names.ts';
import type { SpawnError } from '../core/service-state.ts';
import type { ControlGroup } from './control-group.ts';
import { prepareCommand, type PreparedCommand } from './execution-context.ts';
import type { ProcessTable } from './process-table.ts';
import { candidatePaths, isElsewhere } from './program-path.ts';
import type { ServiceGroups } from './service-groups.ts';
import { explainSpawn, spawnError } from './spawn-error.ts';
import type { CallResult, Errno, SpawnRequest, SystemCalls } from './system-calls.ts';

export type Program = {
  readonly run: RunId;
  /** The name of its control group, among those of Bosun. */
  readonly group: string;
  readonly command: Command;
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly execution: Execution;
  readonly resourceControl: ResourceControl;
};

/** The descriptors of a program, opened. */
export type Streams<Ends> = Pick<SpawnRequest, 'leadership' | 'descriptors' | 'stdin'> & {
  /** What the caller gets. */
  readonly ends: Ends;
  /** The same as numbers: closed again when the launch fails. */
  readonly ours: readonly number[];
  /** Closed here as soon as the program has them. */
  readonly theirs: readonly number[];
  /** What a program of another user cannot open again unless it owns it. */
  readonly reopened: string;
};

export type OpenedStreams<Ends> =
  | { readonly ok: true; readonly value: Streams<Ends> }
  /** `why`: for people, to be followed by the errno. */
  | { readonly ok: false; readonly errno: Errno; readonly why: string };

export type LaunchFailure = { readonly kind: 'failed'; readonly error: SpawnError };

export type Launched<Ends> =
  | {
      readonly kind: 'launched';
      readonly pid: Pid;
      readonly ends: Ends;
      /** What it was promised and does not have, in words. */
      readonly degraded: readonly string[];
      /** Where it asks for resource control, and there can be some. */
      readonly controlGroup: ControlGroup | undefined;
    }
  | LaunchFailure;

type Spawnable = Exclude<PreparedCommand, { kind: 'failed' }>;

export class ProgramLauncher {
  readonly #calls: SystemCalls;
  readonly #table: ProcessTable;
  readonly #groups: ServiceGroups;

  constructor(calls: SystemCalls, table: ProcessTable, groups: ServiceGroups) {
    this.#calls = calls;
    this.#table = table;
    this.#groups = groups;
  }

  /** `open` is called when nothing else is known to be in the way. */
  launch<Ends>(program: Program, open: () => OpenedStreams<Ends>): Launched<Ends> {
    const { group, degraded } = this.#groups.open(program.group, program.resourceControl);
    const prepared = prepareCommand(this.#calls, { ...program, joins: group?.joinFile });
    const launched =
      prepared.kind === 'failed'
        ? refusal(program, prepared)
        : this.#launchPrepared(program, prepared, open());
    if (launched.kind === 'launched')
      return { ...launched, degraded: [...degraded, ...launched.degraded], controlGroup: group };
    group?.remove();
    return launched;
  }

  #launchPrepared<Ends>(program: Program, prepared: Spawnable, opened: OpenedStreams<Ends>): Launched<Ends> {
    if (!opened.ok) return failure(program, opened.errno, opened.why);
    const streams = opened.value;
    const degraded = this.#giveAway(program, streams);
    const spawned = this.#spawn(program, prepared, streams);
    for (const fd of streams.theirs) this.#calls.close(fd);
    if (!spawned.ok) {
      for (const fd of streams.ours) this.#calls.close(fd);
      return failure(program, spawned.errno, explainSpawn(program, spawned.errno));
    }
    this.#table.addLeader({ run: program.run, pid: spawned.value });
    return { kind: 'launched', pid: spawned.value, ends: streams.ends, degraded, controlGroup: undefined };
  }

  /** A program of another user may open its /dev/stdout anew, as many do for their logs: then it must be the owner of the pipe. */
  #giveAway({ execution }: Program, { theirs, reopened }: Streams<unknown>): readonly string[] {
    const { identity } = execution;
    if (identity === undefined) return [];
    const refused = theirs.map((fd) => this.#calls.giveTo(fd, identity.uid)).find((given) => !given.ok);
    return refused === undefined ? [] : [`it cannot open ${reopened} (fchown(2): ${refused.errno})`];
  }

  #spawn(program: Program, prepared: Spawnable, streams: Streams<unknown>): CallResult<Pid> {
    if (prepared.kind === 'direct') return this.#spawnDirectly(program, streams);
    const { argv, environment } = prepared;
    return this.#calls.spawn(requestOf({ ...program, command: argv, environment }, argv[0], streams));
  }

  /** As execvp(3) does: the first directory of PATH that has it; no access to one is told only if no other has it. */
  #spawnDirectly(program: Program, streams: Streams<unknown>): CallResult<Pid> {
    let errno = 'ENOENT';
    for (const path of candidatePaths({ program: program.command[0], environment: program.environment })) {
      const spawned = this.#trySpawn(program, path, streams);
      if (spawned.ok || path === program.command[0] || !isElsewhere(spawned.errno)) return spawned;
      if (spawned.errno === 'EACCES') errno = 'EACCES';
    }
    return { ok: false, errno };
  }

  /** A spawn that fails costs as much as one that works, and PATH is long: a file that is not there is asked for first. */
  #trySpawn(program: Program, path: string, streams: Streams<unknown>): CallResult<Pid> {
    if (path.startsWith('/') && path !== program.command[0]) {
      const there = this.#calls.mayExecute(path);
      if (!there.ok && isElsewhere(there.errno)) return there;
    }
    return this.#calls.spawn(requestOf(program, path, streams));
  }
}

function requestOf(program: Program, path: string, streams: Streams<unknown>): SpawnRequest {
  const { command: argv, environment, workingDir } = program;
  const { leadership, descriptors, stdin } = streams;
  return { path, argv, environment, workingDir, leadership, descriptors, stdin };
}

function refusal(
  program: Program,
  { errno, tool }: Extract<PreparedCommand, { kind: 'failed' }>,
): LaunchFailure {
  if (tool === undefined) return failure(program, errno, explainSpawn(program, errno));
  const why = `the tool ${tool} ${errno === 'ENOENT' ? 'is not installed' : 'cannot be executed'}`;
  return failure(program, errno, why);
}

function failure(program: Program, errno: Errno, why: string): LaunchFailure {
  return { kind: 'failed', error: spawnError(program, errno, why) };
}
