// Lists of CPUs as taskset(1) and cpuset(7) write them: 0-3,6. The result is the numbers, each once, in order.
import { ok, quote, wrong, type Parsed } from './parsed.ts';

const REMEDY = 'Write numbers and ranges, such as [0, 1] or "0-3,6".';
/** The kernel has never been built for more. */
const MAX_CPU = 8191;

export function parseCpuList(value: unknown): Parsed<readonly number[]> {
  const parts = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [value];
  const cpus = new Set<number>();
  for (const part of parts) {
    const range = rangeOf(part);
    if (range === undefined) return wrong(`${quote(part)} is not a CPU or a range of CPUs`, REMEDY);
    for (let cpu = range.from; cpu <= range.to; cpu += 1) cpus.add(cpu);
  }
  if (cpus.size === 0) return wrong('names no CPU', REMEDY);
  return ok([...cpus].toSorted((a, b) => a - b));
}

function rangeOf(part: unknown): { readonly from: number; readonly to: number } | undefined {
  const text = typeof part === 'number' ? String(part) : part;
  const found = typeof text === 'string' ? /^\s*(\d{1,4})(?:-(\d{1,4}))?\s*$/.exec(text) : null;
  if (found === null) return undefined;
  const from = Number(found[1]);
  const to = Number(found[2] ?? found[1]);
  return from <= to && to <= MAX_CPU ? { from, to } : undefined;
}
