// Load on the backend by the example's own load generator, and what it has measured.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import * as z from 'zod';

const PROGRAM = resolve(
  import.meta.dirname,
  '../../../examples/observastack/load-generator/load-generator.mjs',
);
const LIMIT_MS = 120_000;

const count = z.record(z.string(), z.number());
const report = z.looseObject({
  requests: z.number(),
  statuses: count,
  errors: count,
  skipped: z.number(),
  latency_ms: z
    .strictObject({
      min: z.number(),
      mean: z.number(),
      p50: z.number(),
      p90: z.number(),
      p99: z.number(),
      max: z.number(),
    })
    .nullable(),
});

export type Report = z.output<typeof report>;
export type Load = {
  readonly url: string;
  readonly authority: string;
  readonly rate: number;
  readonly seconds: number;
};

/** The line of each second, and the summary. */
export async function load({ url, authority, rate, seconds }: Load): Promise<{
  readonly seconds: readonly Report[];
  readonly summary: Report;
  readonly code: number | null;
}> {
  const args = ['--url', url, '--ca', authority, '--rate', String(rate), '--duration', String(seconds)];
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: LIMIT_MS,
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const lines = (await text(child.stdout)).trim().split('\n');
  const [code] = await ended;
  const reports = lines.map((line) => report.parse(JSON.parse(line)));
  const summary = reports.pop();
  if (summary?.['summary'] !== true)
    throw new Error(`the load generator gave no summary: ${lines.join('\n')}`);
  return { seconds: reports, summary, code };
}
