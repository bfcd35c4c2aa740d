// Rebuilds the views from the journal while the control plane goes on, and says where the live ones were different.
import type { AuditEvent } from '../../core/event.ts';
import { differencePaths } from '../views/difference-paths.ts';
import type { FleetView } from '../views/fleet-view.ts';
import type { ViewState } from '../views/view-state.ts';
import type { RebuildView } from '../../wire/rebuild-view.ts';
import type { Journal } from './journal.ts';
import { replay } from './replay.ts';

export type Rebuilt =
  | { readonly kind: 'rebuilt'; readonly report: RebuildView }
  | { readonly kind: 'unavailable'; readonly reason: string };

export class ViewRebuild {
  readonly #journal: Journal;
  readonly #view: FleetView;
  #underWay: Promise<Rebuilt> | undefined;

  constructor(journal: Journal, view: FleetView) {
    this.#journal = journal;
    this.#view = view;
  }

  /** Whoever asks while it is under way gets its result. Never rejects. */
  async rebuild(note: (event: AuditEvent) => void): Promise<Rebuilt> {
    this.#underWay ??= this.#rebuild(note).finally(() => {
      this.#underWay = undefined;
    });
    return await this.#underWay;
  }

  async #rebuild(note: (event: AuditEvent) => void): Promise<Rebuilt> {
    const base = this.#journal.base('oldest');
    if (base === undefined) return { kind: 'unavailable', reason: this.#whyNot() };
    try {
      const state = await replay(this.#view.eventLog, base);
      const differences = differencePaths(comparable(this.#view.state), comparable(state));
      this.#view.replaceState(state);
      const events = this.#view.events.lastId - base.lastId;
      note({ type: 'views-rebuilt', events, differences: differences.length });
      return {
        kind: 'rebuilt',
        report: { events, from_snapshot: base.lastId, differences: [...differences] },
      };
    } catch (error) {
      return { kind: 'unavailable', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  #whyNot(): string {
    const { report } = this.#journal;
    return report.state === 'writing' ? 'no snapshot is kept to begin with' : report.reason;
  }
}

/** Which service came first in a list does not matter. */
function comparable({ data }: ViewState): object {
  const { fleet, histories, seqs } = data;
  return { fleet, histories: Object.fromEntries(histories), seqs: Object.fromEntries(seqs) };
}
