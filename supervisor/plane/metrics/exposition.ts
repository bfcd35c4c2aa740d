// The text of a scrape, in Prometheus's own format and in OpenMetrics 1.0. prom-client would make an object of each of a thousand services' samples
// first; here each is one line at once. No value is looked up here.
import type { MetricFamily } from './families.ts';

export type ExpositionFormat = 'text' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

const COUNTER_SUFFIX = '_total';

export class Exposition {
  readonly #format: ExpositionFormat;
  readonly #parts: string[] = [];

  constructor(format: ExpositionFormat) {
    this.#format = format;
  }

  /** `samples`: all lines of the family, as the functions below make them. A family without samples is left out. */
  family({ name, type, help }: MetricFamily, samples: string): void {
    if (samples === '') return;
    // OpenMetrics: a counter's family has the name without the suffix that its samples have.
    const family =
      this.#format === 'openmetrics' && type === 'counter' ? name.slice(0, -COUNTER_SUFFIX.length) : name;
    this.#parts.push(`# HELP ${family} ${help}\n# TYPE ${family} ${type}\n${samples}`);
  }

  /** What prom-client has made, in the same format. */
  append(text: string): void {
    this.#parts.push(text);
  }

  get text(): string {
    return this.#format === 'openmetrics' ? `${this.#parts.join('')}# EOF\n` : this.#parts.join('');
  }
}

export function sample(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${value}\n` : `${name}{${labels}} ${value}\n`;
}

/** Names and words of ours need no escape; see `escapeLabel` for everything else. */
export function label(name: string, value: string): string {
  return `${name}="${value}"`;
}

export function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** OpenMetrics where it is asked for, as Prometheus does: RFC 9110, section 12.5.1. */
export function formatFor(accept: string | undefined): ExpositionFormat {
  const types = (accept ?? '').split(',').map((type) => type.split(';').map((part) => part.trim()));
  const asked = types.find(([type]) => type === 'application/openmetrics-text');
  return asked === undefined || asked.includes('q=0') ? 'text' : 'openmetrics';
}
