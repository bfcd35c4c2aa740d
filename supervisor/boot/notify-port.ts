// sd_notify(3) as the engine's port: a channel for each run, under a name of its own. What a channel has to say to the operator
// goes to Bosun's stderr.
import type { Pid, RunId } from '../core/names.ts';
import type { ServiceSpec } from '../core/service-spec.ts';
import type { NotifyPort } from '../engine/ports.ts';
import type { Clock } from '../os/clock.ts';
import { openNotifyChannel, type KeptChannel, type NotifyChannel } from '../os/notify-channel.ts';
import type { SystemCalls } from '../os/system-calls.ts';

export type NotifyPorts = {
  readonly calls: SystemCalls;
  readonly clock: Clock;
  /** Whether a process belongs to a run. */
  readonly owns: (run: RunId, pid: Pid) => boolean;
  readonly tell: (text: string) => void;
};

export type KeptChannels = readonly (readonly [RunId, KeptChannel])[];

export class NotifyChannels implements NotifyPort {
  readonly #ports: NotifyPorts;
  readonly #open = new Map<RunId, NotifyChannel>();

  /** Of runs that another process image has started, until they are opened here. */
  readonly #resumed: Map<RunId, KeptChannel>;

  constructor(ports: NotifyPorts, resumed: KeptChannels = []) {
    this.#ports = ports;
    this.#resumed = new Map(resumed);
  }

  get kept(): KeptChannels {
    return [...this.#open].map(([run, channel]) => [run, channel.kept]);
  }

  open(
    spec: ServiceSpec,
    run: RunId,
    observer: Parameters<NotifyPort['open']>[2],
  ): ReturnType<NotifyPort['open']> {
    const { calls, clock, owns, tell } = this.#ports;
    const kept = this.#resumed.get(run);
    this.#resumed.delete(run);
    const party = {
      address: kept?.address ?? addressOf(run),
      watchdogMs: spec.liveness.kind === 'watchdog' ? spec.liveness.periodMs : undefined,
      uids: new Set([0, uidOf(spec)]),
      owns: (pid: Pid) => owns(run, pid),
      notified: (notices: Parameters<typeof observer.notified>[0]) => {
        observer.notified(notices);
      },
      watchdogFailed: (reason: string) => {
        observer.watchdogFailed(reason);
      },
      warn: (text: string) => {
        tell(`bosun: service ${spec.name}: ${text}`);
      },
    };
    const opened = openNotifyChannel(calls, clock, party, kept);
    if (opened.kind === 'failed')
      return {
        kind: 'failed',
        error: { code: opened.errno, message: `cannot start ${spec.name}: ${opened.message}` },
      };
    const { channel } = opened;
    this.#open.set(run, channel);
    return {
      environment: channel.environment,
      started: () => {
        channel.started();
      },
      [Symbol.dispose]: () => {
        this.#open.delete(run);
        channel[Symbol.dispose]();
      },
    };
  }

  /** Before the end of a run is told: what it has said last comes first, such as MAINPID. */
  drain(run: RunId): void {
    this.#open.get(run)?.drain();
  }
}

/** Unique among all who share the network namespace, in which several Bosuns may be PID 1. Not a secret: /proc/net/unix lists it. */
function addressOf(run: RunId): string {
  const unique = Math.random().toString(36).slice(2);
  return `bosun/${process.pid}/${run}/${unique}`;
}

function uidOf({ execution }: ServiceSpec): number {
  return execution.identity?.uid ?? process.getuid?.() ?? 0;
}
