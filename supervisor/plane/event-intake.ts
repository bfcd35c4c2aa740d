// The way of the events in: first to the journal, then to the views and whoever listens to them. What comes in one turn of the loop
// is one transaction.
import type { ToPlane } from '../core/plane-message.ts';
import type { Journal } from './journal/journal.ts';
import type { FleetView } from './views/fleet-view.ts';

type EventsMessage = Extract<ToPlane, { type: 'events' }>;

export class EventIntake {
  readonly #journal: Journal;
  readonly #view: FleetView;
  #waiting: EventsMessage[] = [];

  constructor(journal: Journal, view: FleetView) {
    this.#journal = journal;
    this.#view = view;
  }

  take(message: EventsMessage): void {
    this.#waiting.push(message);
    // After all messages that are there already.
    if (this.#waiting.length === 1)
      setImmediate(() => {
        this.flush();
      });
  }

  /** Before anything that must not overtake them. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const messages = this.#waiting;
    this.#waiting = [];
    this.#journal.append(messages.flatMap(({ events }) => events));
    for (const message of messages) this.#view.apply(message);
    this.#journal.settle(this.#view.state, this.#view.events.lastId);
  }
}
