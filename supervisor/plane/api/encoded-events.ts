// Events as server-sent events, each put into words once, however many readers there are and wherever they are: the newest that were
// asked for are kept up to a bound. Format: HTML standard, section 9.2.
import type { RecordedEvent } from '../../core/event.ts';
import { projectEvent } from '../views/event-projection.ts';

const MOST_BYTES = 2_097_152;

export class EncodedEvents {
  readonly #kept = new Map<number, Buffer>();
  #bytes = 0;

  of(recorded: RecordedEvent): Buffer {
    const known = this.#kept.get(recorded.id);
    if (known !== undefined) return known;
    const view = projectEvent(recorded);
    const encoded = Buffer.from(`id: ${view.id}\nevent: ${view.type}\ndata: ${JSON.stringify(view)}\n\n`);
    this.#kept.set(recorded.id, encoded);
    this.#bytes += encoded.length;
    for (const [id, oldest] of this.#kept) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#kept.delete(id);
      this.#bytes -= oldest.length;
    }
    return encoded;
  }
}
