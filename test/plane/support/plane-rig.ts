// The real control plane and the real logs in their real threads, with the test in the engine's place: real pipes, a real socket, a real
// standard output. Everything is waited for with a deadline, and all of it ends with the test.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
  type ReadStream,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandResult } from '../../../supervisor/core/effect.ts';
import type { BosunEvent } from '../../../supervisor/core/event.ts';
import { evolve } from '../../../supervisor/core/evolve.ts';
import { createFleet, FIRST_JOB, type Fleet } from '../../../supervisor/core/fleet.ts';
import type { Command } from '../../../supervisor/core/input.ts';
import type { FromLogs } from '../../../supervisor/core/log-message.ts';
import type {
  FromPlane,
  OutputStream,
  PlaneSettings,
  WatchedLine,
} from '../../../supervisor/core/plane-message.ts';
import { DEFAULT_LOGS, type LogFormat } from '../../../supervisor/core/log-spec.ts';
import type { Pid } from '../../../supervisor/core/names.ts';
import { pidOf } from '../../../supervisor/core/service-state.ts';
import type { FleetSpec, ServiceSpec } from '../../../supervisor/core/service-spec.ts';
import { libc } from '../../../supervisor/os/libc.ts';
import { planeSettings } from '../../support/plane-settings.ts';
import { Recorder, run, service as plainService } from './fleet-fixture.ts';
import type { HostOrder } from './host.ts';

const HOST = new URL('host.ts', import.meta.url);
const FIRST_LENT_FD = 4;
const DEADLINE_MS = 10_000;

export type RigMessage =
  | FromPlane
  | FromLogs
  | {
      readonly type: 'worker-exit' | 'worker-error' | 'logs-failed' | 'logs-restarted';
      readonly message?: string;
      readonly reason?: string;
    };
/** What the engine would do with a command: events first, then the reply. */
export type Engine = (command: Command, rig: PlaneRig) => CommandResult | undefined;

export type RigOptions = {
  readonly services: readonly ServiceSpec[];
  readonly settings?: Partial<PlaneSettings>;
  /** Pipes that will be lent, by number. */
  readonly pipes?: number;
  readonly engine?: Engine;
  readonly history?: readonly BosunEvent[];
  /** The test reads standard output only when it wants to. */
  readonly stdout?: 'read' | 'unread';
};

export class PlaneRig implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'bosun-plane-'));
  readonly socketPath: string;
  readonly writeEnds: readonly number[];
  readonly recorder = new Recorder();
  readonly stdoutFd: number;
  readonly #options: RigOptions;
  readonly #child: ChildProcess;
  readonly #messages: RigMessage[] = [];
  readonly #waiters = new Set<() => void>();
  readonly #held: ReturnType<Recorder['record']>[] = [];
  #fleet: Fleet;
  #stdout: ReadStream | undefined;
  #output = Buffer.alloc(0);
  /** The same bytes with room for more behind them: what is read in many pieces is not copied with each. */
  #room = Buffer.alloc(65_536);

  static async start(options: RigOptions): Promise<PlaneRig> {
    const rig = PlaneRig.begin(options);
    await rig.message('listening');
    return rig;
  }

  /** The same, without waiting for the socket. */
  static begin(options: RigOptions): PlaneRig {
    const rig = new PlaneRig(options);
    rig.#send({ type: 'start-worker' });
    rig.hello();
    return rig;
  }

  private constructor(options: RigOptions) {
    this.#options = options;
    this.socketPath = options.settings?.socketPath ?? join(this.directory, 'run', 'bosun.sock');
    this.#fleet = createFleet(options.services.map((service) => service.name));
    for (const event of [
      { type: 'booted', services: this.#names(), nextJob: FIRST_JOB } as const,
      ...(options.history ?? []),
    ])
      this.#keep(event);
    const stdout = makePipe();
    const pipes = Array.from({ length: options.pipes ?? 0 }, makePipe);
    this.writeEnds = pipes.map((pipe) => pipe.write);
    this.stdoutFd = stdout.read;
    this.#child = fork(HOST, [], {
      stdio: ['ignore', stdout.write, 'inherit', 'ipc', ...pipes.map((pipe) => pipe.read)],
      serialization: 'advanced',
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    closeSync(stdout.write);
    for (const pipe of pipes) closeSync(pipe.read);
    this.#child.on('message', (message) => {
      this.#receive(message as RigMessage);
    });
    this.#child.on('error', () => undefined);
    if (options.stdout !== 'unread') this.readStdout();
  }

  hello(): void {
    const { settings } = this.#options;
    const { configuration } = planeSettings();
    this.#send({
      type: 'hello',
      settings: planeSettings({
        version: '0.1.0-test',
        socketPath: this.socketPath,
        logFormat: this.#logFormat,
        configuration: { ...configuration, directory: join(this.directory, 'services.d') },
        stateDir: join(this.directory, 'state'),
        ...settings,
      }),
      spec: { services: this.#services(), shutdownBudgetMs: 9000, forwards: [] },
      target: undefined,
      fleet: this.#fleet,
      lastEventId: this.recorder.lastId,
      recentEvents: this.#held,
    });
  }

  /** A new worker after the old one has gone, as the engine does it. */
  async restartWorker(): Promise<void> {
    this.forget('listening');
    this.#send({ type: 'start-worker' });
    this.hello();
    await this.message('listening');
  }

  emit(events: readonly BosunEvent[], command = '', actor = 'bosun'): void {
    this.#send({
      type: 'events',
      events: events.map((event) => this.#keep(event, command, actor)),
      spec: undefined,
      target: undefined,
    });
  }

  /** As the engine does it when a configuration has been applied: `spec` is what each service goes by from then on. */
  emitConfigured(events: readonly BosunEvent[], spec: FleetSpec, target?: FleetSpec): void {
    this.#send({ type: 'events', events: events.map((event) => this.#keep(event)), spec, target });
  }

  /** What becomes of the services' output from now on: the engine says it before it starts one that is new. */
  configureLogs(spec: FleetSpec): void {
    this.#send({ type: 'configure-logs', spec: { ...spec, services: this.#withFormat(spec.services) } });
  }

  /** SIGHUP, as the engine passes it on. */
  requestApply(actor = 'signal:SIGHUP'): void {
    this.#send({ type: 'apply-requested', actor });
  }

  /** Service files, which the control plane reads when it is asked to plan or to apply; all of them anew. */
  write(files: Readonly<Record<string, string>>, fleet?: string): void {
    writeConfiguration(this.directory, files, fleet);
  }

  lend(
    pipe: number,
    service: string,
    stream: OutputStream = 'stdout',
    watched: readonly WatchedLine[] = [],
  ): void {
    const spec = watching(
      this.#services().find((each) => each.name === service) ?? plainService(service),
      stream,
      watched,
    );
    const pid = this.#pidOf(service);
    this.#send({ type: 'lend', spec, end: { run: run(1), stream, fd: FIRST_LENT_FD + pipe, pid } });
  }

  finish(): void {
    this.#send({ type: 'finish' });
  }

  /** Makes the worker throw in the middle of its work. */
  crash(): void {
    this.#child.send({ type: 'events', events: undefined });
  }

  /** The same of the logs' thread; another one is started by itself. */
  async crashLogs(): Promise<void> {
    this.forget('logs-restarted');
    this.#send({ type: 'crash-logs' });
    await this.message('logs-restarted');
  }

  get fleet(): Fleet {
    return this.#fleet;
  }

  /** Everything that Bosun has written to its standard output up to now. */
  get output(): Buffer {
    return this.#output;
  }

  readStdout(): void {
    this.#stdout = createReadStream('', { fd: this.stdoutFd, autoClose: true });
    this.#stdout.on('error', () => undefined);
    this.#stdout.on('data', (chunk) => {
      this.#append(Buffer.from(chunk));
      this.#wake();
    });
  }

  async outputWith(text: string): Promise<string> {
    let looked = 0;
    const isThere = (): boolean => {
      const from = Math.max(0, looked - text.length * 4);
      looked = this.#output.length;
      return this.#output.includes(text, from);
    };
    await this.until(isThere, `${JSON.stringify(text)} in the output`);
    return this.#output.toString();
  }

  async message<Type extends RigMessage['type']>(type: Type): Promise<Extract<RigMessage, { type: Type }>> {
    const find = (): Extract<RigMessage, { type: Type }> | undefined => this.all(type)[0];
    await this.until(() => find() !== undefined, `message ${type}`);
    return find() as Extract<RigMessage, { type: Type }>;
  }

  /** Those of this type that have come up to now. */
  all<Type extends RigMessage['type']>(type: Type): readonly Extract<RigMessage, { type: Type }>[] {
    return this.#messages.filter(
      (message): message is Extract<RigMessage, { type: Type }> => message.type === type,
    );
  }

  forget(type: RigMessage['type']): void {
    const kept = this.#messages.filter((message) => message.type !== type);
    this.#messages.splice(0, Infinity, ...kept);
  }

  /** Looks again whenever something has arrived. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const look = (): void => {
      if (holds()) resolve(undefined);
    };
    const timer = setTimeout(() => {
      reject(
        new Error(
          `not within ${DEADLINE_MS} ms: ${what}; the output was:\n${this.#output.toString().slice(-2000)}`,
        ),
      );
    }, DEADLINE_MS);
    this.#waiters.add(look);
    look();
    await promise.finally(() => {
      clearTimeout(timer);
      this.#waiters.delete(look);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      await once(this.#child, 'exit');
    }
    this.#stdout?.destroy();
    rmSync(this.directory, { recursive: true, force: true });
  }

  get #logFormat(): LogFormat {
    return this.#options.settings?.logFormat ?? 'prefix';
  }

  #services(): readonly ServiceSpec[] {
    return this.#withFormat(this.#options.services);
  }

  /** As the configuration does it where a service says nothing. */
  #withFormat(services: readonly ServiceSpec[]): readonly ServiceSpec[] {
    return services.map((each) =>
      each.logs === DEFAULT_LOGS ? { ...each, logs: { ...DEFAULT_LOGS, format: this.#logFormat } } : each,
    );
  }

  #pidOf(service: string): Pid {
    const record = this.#fleet.services.find((each) => each.name === service);
    return (record && pidOf(record.state)) ?? (0 as Pid);
  }

  #names(): ServiceSpec['name'][] {
    return this.#options.services.map((service) => service.name);
  }

  #keep(event: BosunEvent, command = '', actor = 'bosun'): ReturnType<Recorder['record']> {
    const recorded = this.recorder.record(event, command, actor);
    this.#fleet = evolve(this.#fleet, event);
    this.#held.push(recorded);
    return recorded;
  }

  #append(chunk: Buffer): void {
    const held = this.#output.length;
    if (held + chunk.length > this.#room.length) {
      const larger = Buffer.alloc(2 * (held + chunk.length));
      this.#output.copy(larger);
      this.#room = larger;
    }
    chunk.copy(this.#room, held);
    this.#output = this.#room.subarray(0, held + chunk.length);
  }

  #send(message: HostOrder): void {
    this.#child.send(message);
  }

  #receive(message: RigMessage): void {
    this.#messages.push(message);
    if (message.type === 'command') {
      const { command } = message;
      const answer = this.#options.engine?.(command, this);
      if (answer !== undefined) this.#send({ type: 'reply', command: command.id, result: answer });
    }
    if (message.type === 'upgrade-requested') {
      const answer = { kind: 'accepted', from: '1.0.0', to: '1.0.1' } as const;
      this.#send({ type: 'upgrade-answered', id: message.request.id, answer });
    }
    if (message.type === 'unusable')
      this.emit([{ type: 'log-trouble', name: message.service, text: message.text }]);
    this.#wake();
  }

  #wake(): void {
    for (const look of [...this.#waiters]) look();
  }
}

/** A service that is started or ready when such a line is found. */
function watching(spec: ServiceSpec, stream: OutputStream, watched: readonly WatchedLine[]): ServiceSpec {
  const probes = watched.map(({ purpose, pattern }) => [purpose, { kind: 'log', stream, pattern }] as const);
  return { ...spec, ...Object.fromEntries(probes) };
}

function makePipe(): { readonly read: number; readonly write: number } {
  const made = libc.pipe();
  if (!made.ok) throw new Error(`pipe2: ${made.errno}`);
  return made.value;
}

/** `services.d` and `bosun.yaml` in this directory. */
export function writeConfiguration(
  directory: string,
  files: Readonly<Record<string, string>>,
  fleet?: string,
): void {
  const services = join(directory, 'services.d');
  rmSync(services, { recursive: true, force: true });
  mkdirSync(services);
  for (const [service, text] of Object.entries(files)) writeFileSync(join(services, `${service}.yaml`), text);
  if (fleet !== undefined) writeFileSync(join(directory, 'bosun.yaml'), fleet);
}
