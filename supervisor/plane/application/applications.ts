// The channels to the applications of all services, and the look-outs for their settings, each made when it is first asked for.
import type { ApplicationEvent } from '../../core/application-event.ts';
import type { ServiceName } from '../../core/names.ts';
import type { FleetView } from '../views/fleet-view.ts';
import { createBoundedLookup } from '../logs/shipping/bounded-lookup.ts';
import { ApplicationChannel, type Author, type Changed } from './application-channel.ts';
import { isAtRest } from './at-rest.ts';
import { ApplicationWatch } from './application-watch.ts';
import { findEvent, untilNoted } from './noted-event.ts';

export type Note = (event: ApplicationEvent, actor: string, command: string) => void;

type Channel = { readonly channel: ApplicationChannel; readonly watch: ApplicationWatch };

export class Applications {
  readonly #view: FleetView;
  readonly #note: Note;
  readonly #closing = new AbortController();
  readonly #lookup = createBoundedLookup();
  readonly #channels = new Map<ServiceName, Channel>();

  constructor(view: FleetView, note: Note) {
    this.#view = view;
    this.#note = note;
  }

  channel(service: ServiceName): ApplicationChannel {
    return this.#of(service).channel;
  }

  watch(service: ServiceName): ApplicationWatch {
    return this.#of(service).watch;
  }

  /** What a change came to that was made before, by a control plane that may have died of it. `since`: no newer event than its beginning. */
  earlier({ command }: Author, since: number): Changed | undefined {
    const found = findEvent(this.#view, command, since);
    if (found?.event.type !== 'application-changed') return undefined;
    const { revision, changes } = found.event;
    return { kind: 'changed', revision, changes, eventId: found.id };
  }

  /** Attempts end, and what came of them is told. */
  close(): void {
    this.#closing.abort();
  }

  /** Those of services that are gone are not kept. */
  #of(service: ServiceName): Channel {
    for (const name of this.#channels.keys())
      if (this.#view.find(name) === undefined) this.#channels.delete(name);
    const made = this.#channels.get(service) ?? this.#make(service);
    this.#channels.set(service, made);
    return made;
  }

  #make(service: ServiceName): Channel {
    const { signal } = this.#closing;
    const parts = {
      service,
      spec: () => this.#view.find(service)?.spec.application,
      lookup: this.#lookup,
      signal,
    };
    const channel = new ApplicationChannel({
      ...parts,
      attempts: () => (isAtRest(this.#view.find(service)?.record.state.kind) ? 'one' : 'many'),
      note: async (event, { actor, command }) => {
        const told = untilNoted(this.#view, command, signal);
        this.#note(event, actor, command);
        return await told;
      },
    });
    return { channel, watch: new ApplicationWatch(parts) };
  }
}
