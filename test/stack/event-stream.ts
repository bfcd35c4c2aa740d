// `bosunctl events --follow --json` as a user would run it: keeps every event and waits for those to come.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type EventView, eventView } from '../../supervisor/wire/event-view.ts';

export type EventMatch = { readonly type: string; readonly service: string };

export class EventStream implements AsyncDisposable {
  readonly events: EventView[] = [];
  readonly #arrivals = new EventEmitter<{ event: [] }>();
  readonly #child: ChildProcessByStdio<null, Readable, null>;
  readonly #ended: Promise<unknown>;

  constructor(bosunctl: string, socket: string) {
    const args = ['--socket', socket, 'events', '--follow', '--after', '0', '--json'];
    this.#child = spawn(bosunctl, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#ended = once(this.#child, 'exit');
    createInterface(this.#child.stdout).on('line', (line) => {
      this.events.push(eventView.parse(JSON.parse(line)));
      this.#arrivals.emit('event');
    });
  }

  /** The first such event after `afterId`, from the past or the future. */
  async waitFor(match: EventMatch, deadlineMs: number, afterId = 0): Promise<EventView> {
    const signal = AbortSignal.timeout(deadlineMs);
    for (;;) {
      const found = this.find(match, afterId);
      if (found !== undefined) return found;
      await once(this.#arrivals, 'event', { signal }).catch((error: unknown) => {
        throw new Error(`no event "${match.type}" of ${match.service} within ${deadlineMs} ms`, {
          cause: error,
        });
      });
    }
  }

  find({ type, service }: EventMatch, afterId = 0): EventView | undefined {
    return this.events.find(
      (event) => event.id > afterId && event.type === type && event.service === service,
    );
  }

  /** The id of the first such event, or a failure that names it. */
  idOf(type: string, service: string, afterId = 0): number {
    const found = this.find({ type, service }, afterId);
    if (found === undefined) throw new Error(`there was no event "${type}" of ${service} after ${afterId}`);
    return found.id;
  }

  /** Resolves when the stream has ended by itself. */
  async ended(): Promise<void> {
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
