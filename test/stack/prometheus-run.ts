// A real Prometheus with a configuration of its own and its data in a directory that goes with the test; and what it says when it is asked.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { eventually } from './eventually.ts';
import { freePorts } from './free-ports.ts';

const READY_MS = 60_000;

const sample = z.tuple([z.number(), z.string()]);
const answer = z.object({
  status: z.literal('success'),
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: sample })),
  }),
});
const alerts = z.object({
  data: z.object({
    alerts: z.array(z.object({ labels: z.record(z.string(), z.string()), state: z.string() })),
  }),
});
const targets = z.object({
  data: z.object({ activeTargets: z.array(z.object({ health: z.string(), lastError: z.string() })) }),
});

export type Series = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

export class PrometheusRun implements AsyncDisposable {
  readonly #directory: string;
  readonly #origin: string;
  readonly #child: ChildProcess;

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.#origin = `http://127.0.0.1:${port}`;
    const output = openSync(join(directory, 'output'), 'w');
    const options = [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    this.#child = spawn('prometheus', options, { stdio: ['ignore', output, output] });
    this.#child.on('error', () => undefined);
  }

  /** `files`: by name; `prometheus.yml` is one of them. */
  static async start(files: Readonly<Record<string, string>>): Promise<PrometheusRun> {
    const directory = mkdtempSync(join(tmpdir(), 'bosun-prometheus-'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    const [port = 0] = await freePorts(1);
    const run = new PrometheusRun(directory, port);
    try {
      await eventually('Prometheus', READY_MS, async () => (await run.#get('/-/ready')).ok || undefined);
      return run;
    } catch (error) {
      await run[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** An instant query. */
  async query(expression: string): Promise<readonly Series[]> {
    const response = await this.#get(`/api/v1/query?query=${encodeURIComponent(expression)}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`${expression}: ${text}`);
    return answer
      .parse(JSON.parse(text))
      .data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
  }

  async firing(): Promise<readonly Readonly<Record<string, string>>[]> {
    const found = alerts.parse(await (await this.#get('/api/v1/alerts')).json());
    return found.data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels);
  }

  async targets(): Promise<readonly { readonly health: string; readonly lastError: string }[]> {
    return targets.parse(await (await this.#get('/api/v1/targets')).json()).data.activeTargets;
  }

  get output(): string {
    return readFileSync(join(this.#directory, 'output'), 'utf8');
  }

  #get(path: string): Promise<Response> {
    return fetch(`${this.#origin}${path}`, { signal: AbortSignal.timeout(10_000) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.pid !== undefined && this.#child.exitCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
