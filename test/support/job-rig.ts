// The real engine, processes, reaper and keeper of the control plane, in the test's own process. In place of the control plane's thread
// stands one that reads what it is lent, to the end, and that a test may let die.
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { ReadStream } from 'node:tty';
import type { BosunEvent } from '../../supervisor/core/event.ts';
import { createFleet } from '../../supervisor/core/fleet.ts';
import type { CommandVerb, Input } from '../../supervisor/core/input.ts';
import type { JobEnd, JobRecord } from '../../supervisor/core/job.ts';
import type { JobSpec } from '../../supervisor/core/job-spec.ts';
import type { JobId } from '../../supervisor/core/names.ts';
import type { FromPlane, JobStream, LentJobEnd, ToPlane } from '../../supervisor/core/plane-message.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import type { CommandResult } from '../../supervisor/core/effect.ts';
import { createRunObserver } from '../../supervisor/boot/run-observer.ts';
import { CallTroubles } from '../../supervisor/boot/call-troubles.ts';
import { Engine } from '../../supervisor/engine/engine.ts';
import { PlaneHost } from '../../supervisor/engine/plane-host.ts';
import type { KeptThreadObserver } from '../../supervisor/engine/thread-keeper.ts';
import { createClock } from '../../supervisor/os/clock.ts';
import { leavingRoom } from '../../supervisor/os/descriptor-room.ts';
import { JobLauncher } from '../../supervisor/os/job-launcher.ts';
import { Launcher } from '../../supervisor/os/launcher.ts';
import { libc } from '../../supervisor/os/libc.ts';
import { ProcessTable } from '../../supervisor/os/process-table.ts';
import { ProgramLauncher } from '../../supervisor/os/program-launcher.ts';
import { Reaper, type Reaped } from '../../supervisor/os/reaper.ts';
import { RunProcessGroups } from '../../supervisor/os/run-processes.ts';
import type { SystemCalls } from '../../supervisor/os/system-calls.ts';
import { until } from './deadline.ts';
import { planeSettings } from './plane-settings.ts';
import { fleetOf } from './specs.ts';

export type JobRigOptions = {
  readonly calls?: SystemCalls;
  readonly services?: readonly ServiceSpec[];
  /** `own`: as in an application that has other children. */
  readonly reaped?: Reaped;
};

type Lent = { readonly end: LentJobEnd; readonly stream: Readable | undefined };

export class JobRig implements Disposable {
  readonly events: BosunEvent[] = [];
  readonly faults: unknown[] = [];
  exitCode: number | undefined;
  readonly engine: Engine;
  readonly #host: PlaneHost<never>;
  readonly #listening: Disposable;
  #observer: KeptThreadObserver<FromPlane> | undefined;
  #lent: Lent[] = [];
  readonly #output = new Map<string, Buffer[]>();
  #reply: CommandResult | undefined;
  // SIGCHLD's listener does not keep the loop alive.
  readonly #alive = setInterval(() => undefined, 1 << 30);

  constructor({ calls = libc, services = [], reaped = 'all' }: JobRigOptions = {}) {
    if (reaped === 'all') libc.becomeSubreaper();
    libc.closeOnExecFrom(3);
    this.#host = this.#createHost();
    const table = new ProcessTable();
    const runs = this.#createRuns(calls, table, reaped);
    this.engine = new Engine(fleetOf(...services), {
      clock: createClock(calls),
      calendar: () => undefined,
      random: () => 0,
      runs,
      attached: {
        attach: () => undefined,
        detach: () => undefined,
        signal: () => undefined,
        stop: () => undefined,
      },
      probes: { start: () => ({ [Symbol.dispose]: () => undefined }) },
      notify: { open: () => ({ kind: 'failed', error: { code: 'ENOSYS', message: '' } }) },
      watchNotify: () => ({ [Symbol.dispose]: () => undefined }),
      reload: () => Promise.resolve({ kind: 'done', detail: '' }),
      hook: () => Promise.resolve({ kind: 'done', detail: '' }),
      sweep: () => {
        this.engine.submit({ type: 'swept' });
      },
      plane: this.#host,
      logs: { lend: () => undefined, configured: () => undefined },
      exit: (code) => {
        this.exitCode = code;
      },
      fault: (where, error) => this.faults.push(where, error),
    });
    const reaper = new Reaper(
      calls,
      table,
      (report) => {
        runs.onReaped(report);
      },
      (errno) => this.faults.push(`waitid(2) ${errno}`),
      reaped,
    );
    this.#listening = reaper.start();
    this.engine.submit({ type: 'boot' });
    this.#host.start();
  }

  run(spec: JobSpec): JobId {
    const result = this.command({ verb: 'run-job', spec });
    if (result?.kind !== 'accepted' || result.job === undefined) throw new Error(JSON.stringify(result));
    return result.job;
  }

  /** Its answer. */
  command(verb: CommandVerb): CommandResult | undefined {
    this.#reply = undefined;
    this.submit({ type: 'command', command: { id: String(this.#lent.length), actor: 'uid:0', ...verb } });
    return this.#reply;
  }

  submit(input: Input): void {
    this.engine.submit(input);
  }

  job(id: JobId): JobRecord | undefined {
    return this.engine.fleet.jobs.find((record) => record.id === id);
  }

  pid(id: JobId): number {
    const state = this.job(id)?.state;
    return state !== undefined && 'pid' in state ? state.pid : 0;
  }

  async ended(id: JobId): Promise<JobEnd> {
    return until(`the end of job ${id}`, () => {
      const state = this.job(id)?.state;
      return state?.kind === 'ended' && state.end;
    });
  }

  output(id: JobId, stream: JobStream): string {
    return Buffer.concat(this.#output.get(`${id}/${stream}`) ?? []).toString();
  }

  async says(id: JobId, stream: JobStream, text: RegExp): Promise<void> {
    await until(`${String(text)} of job ${id}, which says ${this.output(id, stream)}`, () =>
      text.test(this.output(id, stream)),
    );
  }

  /** The control plane's copy. */
  lent(id: JobId, stream: JobStream): number {
    const found = this.#lent.find(({ end }) => end.job === id && end.stream === stream);
    if (found === undefined) throw new Error(`job ${id} has no ${stream}`);
    return found.end.fd;
  }

  /** As the control plane does with an end that it needs no more. */
  giveBack(id: JobId, stream: JobStream): void {
    const found = this.#lent.find(({ end }) => end.job === id && end.stream === stream);
    if (found === undefined) return;
    this.#lent = this.#lent.filter((each) => each !== found);
    if (found.stream === undefined) libc.close(found.end.fd);
    else found.stream.destroy();
    this.#observer?.message({ type: 'job-end-done', run: found.end.run, stream });
  }

  /** Every copy that it has goes with it; another one is started. */
  async killWorker(): Promise<void> {
    const gone = this.#observer;
    for (const { end, stream } of this.#lent)
      if (stream === undefined) libc.close(end.fd);
      else stream.destroy();
    this.#lent = [];
    gone?.ended('killed by the test');
    await until('another worker', () => this.#observer !== gone);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#alive);
    for (const { id, state } of this.engine.fleet.jobs)
      if (state.kind !== 'ended' && this.pid(id) > 0) libc.kill(-this.pid(id), 9);
    for (const { stream } of this.#lent) stream?.destroy();
    this.#listening[Symbol.dispose]();
  }

  #createRuns(calls: SystemCalls, table: ProcessTable, reaped: Reaped): RunProcessGroups {
    const room = leavingRoom(calls, () => this.#host.unlent);
    const programs = new ProgramLauncher(room, table, {
      open: () => ({ group: undefined, degraded: [] }),
    });
    const launchers = {
      services: new Launcher(room, programs, 'absent'),
      jobs: new JobLauncher(room, programs),
      orphans: reaped === 'all' ? 'ours' : 'elsewhere',
    } as const;
    const note = (event: Parameters<Engine['note']>[0]): void => {
      this.engine.note(event);
    };
    const troubles = new CallTroubles(note, () => performance.now());
    const submit = (input: Input): void => {
      this.engine.submit(input);
    };
    return new RunProcessGroups(calls, table, launchers, createRunObserver({ submit, note, troubles }));
  }

  #createHost(): PlaneHost<never> {
    const nothing = (): void => undefined;
    return new PlaneHost<never>({
      startWorker: (observer) => {
        this.#observer = observer;
        return {
          post: (message) => {
            if (this.#observer === observer) this.#receive(message);
          },
        };
      },
      duplicate: (fd) => {
        const copy = libc.duplicate(fd);
        return copy.ok ? copy.value : undefined;
      },
      close: (fd) => {
        libc.close(fd);
      },
      hello: () => ({
        type: 'hello',
        settings: planeSettings(),
        spec: fleetOf(),
        target: undefined,
        fleet: createFleet([]),
        lastEventId: 0,
        recentEvents: [],
      }),
      command: nothing,
      listening: nothing,
      note: nothing,
      journaled: nothing,
      begun: nothing,
      failed: nothing,
    });
  }

  #receive(message: ToPlane): void {
    if (message.type === 'events') this.events.push(...message.events.map(({ event }) => event));
    if (message.type === 'reply') this.#reply = message.result;
    if (message.type !== 'lend-job') return;
    const { end } = message;
    if (!this.events.some((event) => event.type === 'job-requested' && event.job === end.job))
      this.faults.push(`an end of job ${end.job}, which nobody knows`);
    const stream = end.stream === 'stdin' ? undefined : this.#read(end);
    this.#lent.push({ end, stream });
  }

  #read(end: LentJobEnd): Readable {
    const key = `${end.job}/${end.stream}`;
    const chunks = this.#output.get(key) ?? [];
    this.#output.set(key, chunks);
    const stream =
      end.stream === 'terminal'
        ? new ReadStream(end.fd)
        : new Socket({ fd: end.fd, readable: true, writable: false });
    stream.on('data', (chunk: Buffer | string) => chunks.push(Buffer.from(chunk)));
    const over = (): void => {
      this.giveBack(end.job, end.stream);
    };
    stream.on('end', over);
    // EIO of a terminal: nobody holds the other side any more.
    stream.on('error', over);
    return stream;
  }
}
