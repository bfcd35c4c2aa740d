// Where the API asks for the applications. What speaks to them is loaded with the first request: most fleets have none.
import type { FleetView } from '../views/fleet-view.ts';
import type { Applications, Note } from './applications.ts';

export class ApplicationDesk {
  readonly #view: FleetView;
  readonly #note: Note;
  #loaded: Promise<Applications> | undefined;

  constructor(view: FleetView, note: Note) {
    this.#view = view;
    this.#note = note;
  }

  async open(): Promise<Applications> {
    this.#loaded ??= this.#load();
    return await this.#loaded;
  }

  async close(): Promise<void> {
    const applications = await this.#loaded;
    applications?.close();
  }

  async #load(): Promise<Applications> {
    const { Applications: Loaded } = await import('./applications.ts');
    return new Loaded(this.#view, this.#note);
  }
}
