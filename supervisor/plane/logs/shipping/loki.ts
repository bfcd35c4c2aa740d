// Loki's push API, https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs: lines by stream, and a stream is its labels.
import type { Conceal } from './concealment.ts';
import type { HttpAnswer } from './http-post.ts';
import { judgeStatus } from './http-verdict.ts';
import type { QueueEntry } from './queue-entry.ts';
import { taken, type Delivery } from './receiver.ts';

/** Bytes that are not UTF-8 become U+FFFD: JSON has no others. */
export function encodeLoki(entries: readonly QueueEntry[], labels: Readonly<Record<string, string>>): string {
  const groups = Map.groupBy(entries, ({ service, stream }) => `${service}\n${stream}`);
  const streams = [...groups.values()].map((own) => ({
    stream: { ...labels, service: own[0]?.service ?? '', stream: own[0]?.stream ?? '' },
    values: own.map(({ timeNs, text }) => [timeNs, text.toString('utf8')]),
  }));
  return JSON.stringify({ streams });
}

/** Loki 3 in a 400, of the lines of one stream that were out of order: it has taken the others. */
const IGNORED = /total ignored: (\d+) out of (\d+)/;
/** And of single lines: a group for each different text. */
const ABOUT_A_LINE = /has timestamp too (?:old|new)|^(?:\d+ errors like: )?max entry size/;
const GROUP = /^(\d+) errors like: /;

/** Lines that Loki finds too old, too long or too far out of order are refused for good, and the others of the same push are kept. */
export function judgeLoki(answer: HttpAnswer, lines: number, conceal: Conceal, nowMs: number): Delivery {
  const verdict = judgeStatus(answer, conceal, nowMs);
  if (verdict === undefined) return taken(lines);
  if (verdict.kind !== 'refused' || answer.kind === 'failed') return verdict;
  const refusedLines = countIgnored(answer.text, lines);
  return refusedLines === undefined ? verdict : { kind: 'taken', lines, refusedLines, remark: verdict.why };
}

/** Undefined: it cannot be told, so the push is sent again in parts. What Loki has taken already it recognises by its time. */
function countIgnored(text: string, lines: number): number | undefined {
  const [, ignored, among] = IGNORED.exec(text) ?? [];
  if (ignored !== undefined) return Number(among) === lines ? Math.min(lines, Number(ignored)) : undefined;
  let count = 0;
  for (const group of text.trim().split('; ')) {
    if (!ABOUT_A_LINE.test(group)) return undefined;
    count += Number(GROUP.exec(group)?.[1] ?? 1);
  }
  return count <= lines ? count : undefined;
}
