// A service that tells of itself: launched by the real adapters with the real notification socket, and what came of it kept.
import { Socket } from 'node:net';
import type { RunId } from '../../supervisor/core/names.ts';
import type { Notice } from '../../supervisor/core/notice.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { NotifyChannels } from '../../supervisor/boot/notify-port.ts';
import { clock } from '../../supervisor/os/clock.ts';
import { libc } from '../../supervisor/os/libc.ts';
import type { NotifyChannel } from '../../supervisor/engine/ports.ts';
import type { SystemCalls } from '../../supervisor/os/system-calls.ts';
import { until } from './deadline.ts';
import { OutputLines } from './output-lines.ts';
import { service } from './specs.ts';
import type { Supervised } from './supervised.ts';

let nextRun = 1000;

export class NotifyingRun implements AsyncDisposable {
  readonly run = nextRun++ as RunId;
  readonly notices: Notice[] = [];
  readonly warnings: string[] = [];
  readonly watchdogFailures: string[] = [];
  readonly channel: NotifyChannel;
  readonly channels: NotifyChannels;
  readonly stdout: OutputLines;
  readonly pid: number;
  readonly #supervised: Supervised;

  constructor(
    supervised: Supervised,
    script: string,
    more: Partial<ServiceSpec> = {},
    calls: SystemCalls = libc,
  ) {
    const spec = service('teller', {
      command: ['sh', '-c', script],
      readiness: { kind: 'notify-socket' },
      ...more,
      environment: { PATH: process.env['PATH'] ?? '', ...more.environment },
    });
    this.#supervised = supervised;
    const { runs } = supervised;
    this.channels = new NotifyChannels({
      calls,
      clock,
      owns: (run, pid) => runs.owns(run, pid),
      tell: (text) => this.warnings.push(text),
    });
    const opened = this.channels.open(spec, this.run, {
      notified: (notices) => this.notices.push(...notices),
      watchdogFailed: (reason) => this.watchdogFailures.push(reason),
    });
    if ('kind' in opened) throw new Error(opened.error.message);
    this.channel = opened;
    const request = { run: this.run, program: 'command', environment: opened.environment } as const;
    const launch = runs.launch(spec, request);
    if (launch.kind === 'failed' || launch.pipes.stdout === undefined) throw new Error('it did not start');
    this.pid = launch.pid;
    this.stdout = new OutputLines(new Socket({ fd: launch.pipes.stdout, readable: true, writable: false }));
  }

  async notice<Kind extends Notice['kind']>(kind: Kind): Promise<Extract<Notice, { kind: Kind }>> {
    const fits = (notice: Notice): notice is Extract<Notice, { kind: Kind }> => notice.kind === kind;
    return until(`${kind}; warned: ${this.warnings.join()}`, () => this.notices.find(fits));
  }

  async statuses(...texts: readonly string[]): Promise<void> {
    const told = (text: string): boolean =>
      this.notices.some((notice) => notice.kind === 'status' && notice.text === text);
    await until(`the statuses ${texts.join(' ')}`, () => texts.every(told));
  }

  async warning(fits: RegExp): Promise<string> {
    return until(`a warning like ${String(fits)}`, () => this.warnings.find((text) => fits.test(text)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.channel[Symbol.dispose]();
    this.#supervised.runs.signalGroup(this.run, 'SIGKILL');
    await this.#supervised.groupGone(this.run);
  }
}
