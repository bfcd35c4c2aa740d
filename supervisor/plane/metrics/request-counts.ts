// How many requests were answered, by route and status class. The route is that of the table: whoever asks for made-up paths makes no new series.
import { label, sample, type Exposition } from './exposition.ts';
import { FAMILIES } from './families.ts';

export class RequestCounts {
  readonly #counts = new Map<string, number>();

  /** `route`: of the table; undefined for what is no route. */
  count(method: string, route: string | undefined, status: number): void {
    const known = route === undefined ? { method: 'other', route: 'other' } : { method, route };
    const statusClass = `${Math.floor(status / 100)}xx`;
    const labels = `${label('method', known.method)},${label('route', known.route)},${label('status', statusClass)}`;
    this.#counts.set(labels, (this.#counts.get(labels) ?? 0) + 1);
  }

  write(to: Exposition): void {
    const family = FAMILIES.apiRequests;
    const lines = [...this.#counts].map(([labels, count]) => sample(family.name, labels, count));
    to.family(family, lines.join(''));
  }
}
