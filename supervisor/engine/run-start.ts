// Starts a run: the channel on which it tells of itself, its process, its pipes lent to the logs' thread. Whatever fails on the
// way is an input like any other.
import type { Effect } from '../core/effect.ts';
import type { Input } from '../core/input.ts';
import type { RunId } from '../core/names.ts';
import type { ServiceSpec } from '../core/service-spec.ts';
import type { EnginePorts, LaunchResult, NotifyChannel } from './ports.ts';
import type { RunAttachments } from './run-attachments.ts';

type Submit = (input: Input) => void;
type Launched = Extract<LaunchResult, { kind: 'launched' }>;
type Ports = Pick<EnginePorts, 'runs' | 'notify' | 'watchNotify' | 'logs'>;

export class RunStart {
  readonly #ports: Ports;
  readonly #attachments: RunAttachments;
  readonly #channels = new Map<RunId, NotifyChannel>();

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
    if (pipes.notify === undefined) return;
    const watch = this.#ports.watchNotify(pipes.notify, () => {
      submit({ type: 'probed', service: spec.name, run, purpose: 'readiness', answer: { kind: 'ok' } });
    });
    this.#attachments.add(run, watch);
  }
}
