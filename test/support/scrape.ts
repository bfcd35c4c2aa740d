// A scrape as Prometheus does it, and the values in it; promtool says whether Prometheus would take it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { call } from '../plane/support/http.ts';

export type Labels = Readonly<Record<string, string>>;

export class Scrape {
  readonly text: string;
  readonly #values = new Map<string, number>();

  constructor(text: string) {
    this.text = text;
    for (const line of text.split('\n')) {
      const at = line.lastIndexOf(' ');
      if (line !== '' && !line.startsWith('#'))
        this.#values.set(line.slice(0, at), Number(line.slice(at + 1)));
    }
  }

  static async of(socket: string, path = '/metrics', accept = 'text/plain'): Promise<Scrape> {
    const { status, text } = await call(socket, path, { headers: { accept } });
    assert.equal(status, 200, text);
    return new Scrape(text);
  }

  /** In the order in which the labels are written; undefined when there is no such series. */
  find(name: string, labels: Labels = {}): number | undefined {
    const written = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return this.#values.get(written.length === 0 ? name : `${name}{${written.join(',')}}`);
  }

  value(name: string, labels: Labels = {}): number {
    const found = this.find(name, labels);
    assert.ok(found !== undefined, `there is no ${name} of ${JSON.stringify(labels)} in\n${this.text}`);
    return found;
  }

  /** By name and labels, as they are written. */
  get series(): ReadonlyMap<string, number> {
    return this.#values;
  }
}

/** What is wrong with it in the eyes of `promtool check metrics`; empty when nothing is. */
export function promtoolCheck(text: string): string {
  const { status, stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  return status === 0 && stdout === '' && stderr === '' ? '' : `status ${status}: ${stdout}${stderr}`;
}
