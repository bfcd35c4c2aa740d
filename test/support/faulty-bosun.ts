// A whole Bosun of the real parts with real services, whose system calls a test makes fail while it runs: what it is told to do, what
// it says of it, and that whoever is not concerned has not noticed.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import type { ControlFiles } from '../../supervisor/os/control-files.ts';
import type { SystemCalls } from '../../supervisor/os/system-calls.ts';
import type { EventView } from '../../supervisor/wire/event-view.ts';
import type { ServiceView } from '../../supervisor/wire/service-view.ts';
import { Container, type ContainerOptions } from './container.ts';
import { until, within } from './deadline.ts';
import type { CallCounts, FailingCall, Fault } from './faulty-calls.ts';

export type AnyFault = Fault<FailingCall<SystemCalls & ControlFiles>>;

export type FaultOrder =
  | { readonly do: 'fail'; readonly faults: readonly AnyFault[] }
  | { readonly do: 'clear' }
  | { readonly do: 'count'; readonly call: string };

/** A program for Container. */
export const BOSUN_WITH_FAULTS = [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  resolve(import.meta.dirname, '../fixtures/bosun-with-faults.ts'),
];
/** Never touched by a test: it must not notice anything. */
const BYSTANDER = 'bystander';
const FOREVER = 'command: [/bin/sleep, "100000"]\n';

export class FaultyBosun implements AsyncDisposable {
  readonly container: Container;
  readonly client: BosunClient;
  #bystander: ServiceView | undefined;

  static async start(options: ContainerOptions, atStart: readonly AnyFault[] = []): Promise<FaultyBosun> {
    const bosun = new FaultyBosun(options, atStart);
    try {
      bosun.#bystander = await bosun.reaches(BYSTANDER, 'running');
      return bosun;
    } catch (error) {
      await bosun[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(options: ContainerOptions, atStart: readonly AnyFault[]) {
    this.container = new Container({
      place: 'below',
      program: BOSUN_WITH_FAULTS,
      ...options,
      services: { [BYSTANDER]: FOREVER, other: FOREVER, ...options.services },
      environment: { BOSUN_TEST_FAULTS: JSON.stringify(atStart), ...options.environment },
    });
    this.client = new BosunClient(this.container.socket);
  }

  async fail(...faults: readonly AnyFault[]): Promise<void> {
    await this.#order({ do: 'fail', faults });
  }

  async clear(): Promise<void> {
    await this.#order({ do: 'clear' });
  }

  async counts(call: AnyFault['call']): Promise<CallCounts> {
    return (await this.#order({ do: 'count', call })) as CallCounts;
  }

  /** So many calls have been made to fail. */
  async met(call: AnyFault['call'], failed = 1): Promise<void> {
    await until(`${failed} failures of ${call}`, async () => (await this.counts(call)).failed >= failed);
  }

  /** The cursor for `event`: what comes from now on. */
  async now(): Promise<number> {
    return (await this.client.events()).last_event_id;
  }

  async event(after: number, fits: (event: EventView) => boolean, count = 1): Promise<EventView> {
    return until(
      `an event like ${String(fits)}; stderr: ${this.container.stderr.text}`,
      async () => (await this.#eventsAfter(after)).filter(fits)[count - 1],
    );
  }

  async #eventsAfter(after: number): Promise<readonly EventView[]> {
    return this.client.events({ after }).then(
      ({ events }) => events,
      () => [],
    );
  }

  /** As an event, and in Bosun's own log, which is what the operator sees. */
  async tells(after: number, type: 'call-failed' | 'signal-refused', errno: string): Promise<EventView> {
    const event = await this.event(after, (told) => told.type === type && told.details['errno'] === errno);
    await this.container.stdout.line((line) => line.includes(errno));
    return event;
  }

  async reaches(name: string, state: ServiceView['state']): Promise<ServiceView> {
    return until(`${name} to be ${state}; stderr: ${this.container.stderr.text}`, async () => {
      const view = await this.view(name);
      return view?.state === state ? view : undefined;
    });
  }

  async view(name: string): Promise<ServiceView | undefined> {
    return this.client.service(name).catch(() => undefined);
  }

  /** Running in a later run than this one. */
  async runsAnew({ pid }: Pick<ServiceView, 'pid'>, name: string): Promise<ServiceView> {
    return until(`another run of ${name}; stderr: ${this.container.stderr.text}`, async () => {
      const view = await this.view(name);
      return view?.state === 'running' && view.pid !== pid ? view : undefined;
    });
  }

  /** Nothing was thrown, nobody else has noticed, and other services can be stopped and started. */
  async isUnharmed(): Promise<void> {
    const bystander = await this.reaches(BYSTANDER, 'running');
    assert.equal(bystander.pid, this.#bystander?.pid);
    assert.equal(bystander.restarts, 0);
    assert.doesNotMatch(this.container.stderr.text, /internal error/);
    await this.client.command('stop', ['other'], { waitMs: 5000 });
    await this.client.command('start', ['other'], { waitMs: 5000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.container[Symbol.asyncDispose]();
  }

  async #order(order: FaultOrder): Promise<unknown> {
    const socket = connect(join(this.container.directory, 'faults.sock'));
    const { promise, resolve: answer, reject } = Promise.withResolvers<string>();
    socket.on('error', reject);
    createInterface({ input: socket }).on('line', answer).on('error', reject);
    socket.write(`${JSON.stringify(order)}\n`);
    try {
      return JSON.parse(await within('the answer of the fixture', promise)) as unknown;
    } finally {
      socket.destroy();
    }
  }
}
