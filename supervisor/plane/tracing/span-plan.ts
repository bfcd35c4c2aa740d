// From the events to the spans that tell the same as a trace: a boot, a restart, a command and the shutdown, with the waiting, starting and stopping of
// each service below them. Knows nothing but the events that it was given, and no clock.
import type { BosunEvent, RecordedEvent } from '../../core/event.ts';
import { describeEnd, describeSpawnError } from '../views/end-reason.ts';
import type { SpanAttributes, SpanEdge } from './span-edge.ts';

type EventOf<Type extends BosunEvent['type']> = Extract<BosunEvent, { type: Type }>;
type Handlers = { readonly [Type in BosunEvent['type']]?: (event: EventOf<Type>) => void };

const BOOT = 'boot';
const SHUTDOWN = 'shutdown';
/** Of a start that came to nothing. */
const NOT_READY = 'ended before it was ready';

export class SpanPlan {
  /** Open spans by their keys, each with the key of its parent. */
  readonly #open = new Map<string, string | undefined>();
  /** Of the boot, those that have not settled. */
  readonly #booting = new Set<string>();
  /** Those that start again when they have stopped. */
  readonly #restarting = new Set<string>();
  /** Of those that are open, when something was done for them last. */
  readonly #commands = new Map<string, number>();
  /** By service, the span of the command for which something is still being done with it. */
  readonly #ordered = new Map<string, string>();
  #recorded: Pick<RecordedEvent, 'timeMs' | 'command' | 'actor'> = { timeMs: 0, command: '', actor: 'bosun' };
  #edges: SpanEdge[] = [];

  /** In the order of the events; each of a time not before that of the one before it. */
  take(recorded: RecordedEvent): readonly SpanEdge[] {
    this.#edges = [];
    this.#recorded = recorded;
    const { event } = recorded;
    this.#endCommands();
    if (recorded.command !== '' && 'service' in event)
      this.#order(event.service, recorded.command, event.type);
    const handle = this.#handlers[event.type] as ((event: BosunEvent) => void) | undefined;
    handle?.(event);
    this.#endCommands();
    return this.#edges;
  }

  readonly #handlers: Handlers = {
    booted: ({ services }) => {
      for (const service of services) this.#booting.add(service);
      this.#begin(BOOT, undefined, { 'bosun.services': services.length });
      this.#settleBoot('');
    },
    'shutdown-started': ({ exitCode }) => {
      this.#end(BOOT, 'the container is being stopped');
      this.#begin(SHUTDOWN, undefined, { 'bosun.exit_code': exitCode });
    },
    'shutdown-finished': () => {
      this.#end(SHUTDOWN, '');
    },
    waiting: ({ service }) => {
      this.#endParts(service, NOT_READY);
      this.#begin(`wait ${service}`, this.#parentOf(service), { 'bosun.service': service });
    },
    starting: ({ service, run }) => {
      for (const span of ['stop', 'wait', 'back-off']) this.#end(`${span} ${service}`, '');
      this.#begin(`start ${service}`, this.#parentOf(service), {
        'bosun.service': service,
        'bosun.run': run,
      });
    },
    'spawn-failed': ({ service, error }) => {
      this.#end(`start ${service}`, describeSpawnError(error));
    },
    ready: ({ service }) => {
      this.#settle(service, '');
    },
    completed: ({ service }) => {
      this.#settle(service, '');
    },
    scheduled: ({ service }) => {
      this.#settle(service, '');
    },
    skipped: ({ service }) => {
      this.#settle(service, '');
    },
    stopping: (event) => {
      this.#stop(event);
    },
    'going-down': (event) => {
      this.#stop(event);
    },
    stopped: ({ service }) => {
      this.#endParts(service, NOT_READY);
      // The next run belongs to the same order.
      if (!this.#restarting.delete(service)) this.#settle(service, '');
    },
    'backing-off': ({ service, reason, delayMs }) => {
      const why = describeEnd(reason);
      this.#end(`start ${service}`, why);
      this.#end(`stop ${service}`, '');
      this.#ordered.delete(service);
      this.#settleInBoot(service, why);
      const restart = `restart ${service}`;
      this.#begin(restart, undefined, { 'bosun.service': service, 'bosun.reason': why });
      this.#begin(`back-off ${service}`, restart, { 'bosun.service': service, 'bosun.delay_ms': delayMs });
    },
    failed: ({ service, reason }) => {
      this.#settle(service, describeEnd(reason));
    },
  };

  #stop({ service, run, cause }: EventOf<'stopping' | 'going-down'>): void {
    this.#end(`start ${service}`, `not ready: ${cause}`);
    const attributes = { 'bosun.service': service, 'bosun.run': run, 'bosun.cause': cause };
    this.#begin(`stop ${service}`, this.#parentOf(service), attributes);
    if (cause === 'restart') this.#restarting.add(service);
  }

  #begin(key: string, parent: string | undefined, attributes: SpanAttributes): void {
    if (this.#open.has(key)) return;
    this.#open.set(key, parent);
    const { timeMs } = this.#recorded;
    this.#edges.push({ kind: 'begin', key, parent, timeMs, attributes });
  }

  #end(key: string, error: string, timeMs = this.#recorded.timeMs): void {
    const parent = this.#open.get(key);
    if (!this.#open.delete(key)) return;
    if (parent !== undefined && this.#commands.has(parent)) this.#commands.set(parent, timeMs);
    this.#edges.push({ kind: 'end', key, timeMs, error });
  }

  /** Nothing more will come of it by itself; `error`: why it is not ready. */
  #settle(service: string, error: string): void {
    this.#endParts(service, error);
    this.#end(`restart ${service}`, error);
    this.#restarting.delete(service);
    this.#ordered.delete(service);
    this.#settleInBoot(service, error);
  }

  #endParts(service: string, error: string): void {
    this.#end(`start ${service}`, error);
    for (const span of ['wait', 'back-off', 'stop']) this.#end(`${span} ${service}`, '');
  }

  #settleInBoot(service: string, error: string): void {
    if (this.#booting.delete(service)) this.#settleBoot(error);
  }

  #settleBoot(error: string): void {
    if (this.#booting.size === 0) this.#end(BOOT, error);
  }

  #order(service: string, command: string, type: BosunEvent['type']): void {
    const { actor, timeMs } = this.#recorded;
    const key = `command ${command}`;
    this.#begin(key, undefined, { 'bosun.command': command, 'bosun.actor': actor });
    this.#commands.set(key, timeMs);
    if (type === 'waiting' || type === 'starting' || type === 'stopping') this.#ordered.set(service, key);
  }

  /** What somebody has ordered before what follows from a crash, and that before the boot. */
  #parentOf(service: string): string | undefined {
    const candidates = [this.#ordered.get(service), `restart ${service}`, SHUTDOWN, BOOT];
    const isBooting = this.#booting.has(service);
    return candidates.find((key) => key !== undefined && this.#open.has(key) && (key !== BOOT || isBooting));
  }

  /** Those for which nothing is done any more, as of their last event; whether another one follows is known with the next of somebody else. */
  #endCommands(): void {
    if (this.#commands.size === 0) return;
    const going = new Set([
      ...this.#open.values(),
      ...this.#ordered.values(),
      `command ${this.#recorded.command}`,
    ]);
    for (const [key, lastMs] of this.#commands) {
      if (going.has(key)) continue;
      this.#end(key, '', lastMs);
      this.#commands.delete(key);
    }
  }
}
