// Starts a run: the channel on which it tells of itself, its process, its pipes lent to the logs' thread. Whatever fails on the
// way is an input like any other.
import type { Effect } from '../core/effect.ts';
import type { Input } from '../core/input.ts';
import type { RunId } from '../core/names.ts';
import type { ServiceSpec } from '../core/service-spec.ts';
import type { EnginePorts, LaunchResult, NotifyChannel, NotifyWatch } from './ports.ts';
import type { RunAttachments } from './run-attachments.ts';

type Submit = (input: Input) => void;
type Launched = Extract<LaunchResult, { kind: 'launched' }>;
type Ports = Pick<EnginePorts, 'runs' | 'notify' | 'watchNotify' | 'logs'>;

/** How a run tells of itself: whether by a channel of sd_notify(3), and by which pipe. */
export type RunVoice = {
  readonly run: RunId;
  readonly channel: 'open' | 'none';
  readonly pipe: number | undefined;
};

export class RunStart {
  readonly #ports: Ports;
  readonly #attachments: RunAttachments;
  readonly #channels = new Map<RunId, NotifyChannel>();
  readonly #watches = new Map<RunId, NotifyWatch>();

  constructor(ports: Ports, attachments: RunAttachments) {
    this.#ports = ports;
    this.#attachments = attachments;
  }

  start(spec: ServiceSpec, { run, program }: Extract<Effect, { type: 'spawn' }>, submit: Submit): void {
    const service = spec.name;
    const channel = program === 'command' ? this.#openChannel(spec, run, submit) : undefined;
    if (channel !== undefined && 'kind' in channel) {
      submit({ type: 'spawn-failed', service, run, error: channel.error });
      return;
    }
    const launch = this.#ports.runs.launch(spec, { run, program, environment: channel?.environment ?? {} });
    if (launch.kind === 'failed') {
      channel?.[Symbol.dispose]();
      submit({ type: 'spawn-failed', service, run, error: launch.error });
      return;
    }
    if (channel !== undefined) this.#attachChannel(run, channel);
    // First of all: whatever happens to its pipes, the run has a process.
    submit({ type: 'spawned', service, run, pid: launch.pid, degraded: launch.degraded });
    this.#attachPipes(spec, run, launch, submit);
  }

  get voices(): readonly RunVoice[] {
    const runs = new Set([...this.#channels.keys(), ...this.#watches.keys()]);
    return [...runs].map((run) => ({
      run,
      channel: this.#channels.has(run) ? 'open' : 'none',
      pipe: this.#watches.get(run)?.descriptor,
    }));
  }

  /** A run that another process image has started is listened to again. */
  resume(spec: ServiceSpec, { run, channel: had, pipe }: RunVoice, submit: Submit): void {
    const channel = had === 'open' ? this.#openChannel(spec, run, submit) : undefined;
    if (channel !== undefined && !('kind' in channel)) this.#attachChannel(run, channel);
    if (pipe !== undefined) this.#watchPipe(spec, run, pipe, submit);
  }

  /** The run has started or is ready, perhaps again: what counts from then on begins. */
  started(run: RunId): void {
    this.#channels.get(run)?.started();
  }

  #attachChannel(run: RunId, channel: NotifyChannel): void {
    this.#channels.set(run, channel);
    this.#attachments.add(run, {
      [Symbol.dispose]: () => {
        this.#channels.delete(run);
        channel[Symbol.dispose]();
      },
    });
  }

  #openChannel(
    spec: ServiceSpec,
    run: RunId,
    submit: Submit,
  ): ReturnType<Ports['notify']['open']> | undefined {
    if (spec.readiness.kind !== 'notify-socket' && spec.liveness.kind !== 'watchdog') return undefined;
    const service = spec.name;
    return this.#ports.notify.open(spec, run, {
      notified: (notices) => {
        submit({ type: 'notified', service, run, notices });
      },
      watchdogFailed: (reason) => {
        submit({ type: 'probed', service, run, purpose: 'liveness', answer: { kind: 'failed', reason } });
      },
    });
  }

  #attachPipes(spec: ServiceSpec, run: RunId, { pid, pipes }: Launched, submit: Submit): void {
    const { logs } = this.#ports;
    if (pipes.stdout !== undefined) logs.lend(spec, { run, pid, stream: 'stdout', fd: pipes.stdout });
    if (pipes.stderr !== undefined) logs.lend(spec, { run, pid, stream: 'stderr', fd: pipes.stderr });
    if (pipes.notify !== undefined) this.#watchPipe(spec, run, pipes.notify, submit);
  }

  #watchPipe(spec: ServiceSpec, run: RunId, pipe: number, submit: Submit): void {
    const watch = this.#ports.watchNotify(pipe, () => {
      submit({ type: 'probed', service: spec.name, run, purpose: 'readiness', answer: { kind: 'ok' } });
    });
    this.#watches.set(run, watch);
    this.#attachments.add(run, {
      [Symbol.dispose]: () => {
        this.#watches.delete(run);
        watch[Symbol.dispose]();
      },
    });
  }
}
