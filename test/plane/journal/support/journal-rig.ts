// The journal with the views behind it, as the control plane joins them, on a real directory; the test is the engine.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEvent, RecordedEvent } from '../../../../supervisor/core/event.ts';
import { createFleet } from '../../../../supervisor/core/fleet.ts';
import type { JournalLimits } from '../../../../supervisor/core/plane-message.ts';
import { EventIntake } from '../../../../supervisor/plane/event-intake.ts';
import { Journal } from '../../../../supervisor/plane/journal/journal.ts';
import { JournalEventLog } from '../../../../supervisor/plane/journal/journal-event-log.ts';
import { restoreState } from '../../../../supervisor/plane/journal/replay.ts';
import { FleetView } from '../../../../supervisor/plane/views/fleet-view.ts';
import { planeSettings } from '../../../support/plane-settings.ts';
import { fleetOf } from '../../../support/specs.ts';

const { journal: DEFAULT_LIMITS } = planeSettings();

export class JournalRig implements Disposable {
  readonly directory: string;
  readonly notes: AuditEvent[] = [];
  readonly limits: JournalLimits;
  readonly #made: 'here' | 'by-test';
  #parts: { readonly journal: Journal; readonly view: FleetView; readonly intake: EventIntake } | undefined;
  /** What the engine would hand to a control plane that begins. */
  #recent: RecordedEvent[] = [];
  written = 0;

  constructor(limits: Partial<JournalLimits> = {}, directory?: string) {
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    this.#made = directory === undefined ? 'here' : 'by-test';
    this.directory = directory ?? mkdtempSync(join(tmpdir(), 'bosun-journal-'));
  }

  get files(): string {
    return join(this.directory, 'journal');
  }

  get journal(): Journal {
    return this.#begun.journal;
  }

  get view(): FleetView {
    return this.#begun.view;
  }

  get newest(): RecordedEvent | undefined {
    return this.#recent.at(-1);
  }

  begin(recent: readonly RecordedEvent[] = this.#recent): void {
    this.#recent = [...recent];
    const lastEventId = recent.at(-1)?.id ?? 0;
    const journal = new Journal(this.directory, this.limits, {
      note: (event) => this.notes.push(event),
      written: (upToId) => (this.written = upToId),
    });
    journal.begin(recent, lastEventId);
    const fleet = this.#parts?.view.fleet ?? createFleet([]);
    const hello = {
      type: 'hello',
      settings: planeSettings(),
      spec: fleetOf(),
      target: undefined,
      fleet,
      lastEventId,
      recentEvents: recent,
    } as const;
    const view = new FleetView(hello, {
      restore: (log) => restoreState(journal, log),
      logWith: (ring) => new JournalEventLog(ring, journal),
    });
    journal.settle(view.state, lastEventId);
    this.#parts = { journal, view, intake: new EventIntake(journal, view) };
  }

  /** At once: what is under test here is not the turn of the loop. */
  take(events: readonly RecordedEvent[]): void {
    this.#recent = [...this.#recent, ...events].slice(-1000);
    this.#begun.intake.take({ type: 'events', events, spec: undefined, target: undefined });
    this.#begun.intake.flush();
  }

  /** A control plane that ends in order, and another one. */
  restart(): void {
    this.end();
    this.begin();
  }

  end(): void {
    const { journal, view } = this.#begun;
    journal.close(view.state, view.events.lastId);
  }

  [Symbol.dispose](): void {
    if (this.#parts !== undefined) this.end();
    if (this.#made === 'here') rmSync(this.directory, { recursive: true, force: true });
  }

  get #begun(): { readonly journal: Journal; readonly view: FleetView; readonly intake: EventIntake } {
    if (this.#parts === undefined) throw new Error('not begun');
    return this.#parts;
  }
}
