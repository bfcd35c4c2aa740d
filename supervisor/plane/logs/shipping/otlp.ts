// OTLP over HTTP with JSON bodies: ExportLogsServiceRequest in protobuf's JSON mapping, as
// https://opentelemetry.io/docs/specs/otlp/#otlphttp and opentelemetry/proto/collector/logs/v1/logs_service.proto have it.
import { hostname } from 'node:os';
import * as z from 'zod';
import type { Conceal } from './concealment.ts';
import { detectLevel, type DetectedLevel } from './detected-level.ts';
import type { HttpAnswer } from './http-post.ts';
import { judgeStatus, shorten } from './http-verdict.ts';
import type { QueueEntry } from './queue-entry.ts';
import type { Delivery } from './receiver.ts';

const SCOPE = { name: 'bosun' };
/** SeverityNumber of logs.proto: the first of each range. */
const SEVERITY: Readonly<Record<DetectedLevel, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  notice: 10,
  warn: 13,
  error: 17,
  fatal: 21,
};

/** Bytes that are not UTF-8 become U+FFFD: JSON has no others. */
export function encodeOtlp(entries: readonly QueueEntry[]): string {
  const host = hostname();
  const resourceLogs = [...Map.groupBy(entries, ({ service }) => service)].map(([service, own]) => ({
    resource: { attributes: [attribute('service.name', service), attribute('host.name', host)] },
    scopeLogs: [{ scope: SCOPE, logRecords: own.map(logRecord) }],
  }));
  return JSON.stringify({ resourceLogs });
}

function logRecord({ timeNs, text, stream, pid, extent }: QueueEntry): object {
  const level = detectLevel(text);
  return {
    timeUnixNano: timeNs,
    observedTimeUnixNano: timeNs,
    ...(level !== undefined && { severityNumber: SEVERITY[level], severityText: level.toUpperCase() }),
    body: { stringValue: text.toString('utf8') },
    attributes: [
      attribute('log.iostream', stream),
      { key: 'process.pid', value: { intValue: String(pid) } },
      ...(extent === 'piece' ? [{ key: 'bosun.continues', value: { boolValue: true } }] : []),
    ],
  };
}

function attribute(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}

/** int64 of protobuf's JSON mapping: written as text, read as either. */
const answerSchema = z.object({
  partialSuccess: z
    .object({
      rejectedLogRecords: z.coerce.number().int().nonnegative().default(0),
      errorMessage: z.string().default(''),
    })
    .optional(),
});

export function judgeOtlp(answer: HttpAnswer, lines: number, conceal: Conceal, nowMs: number): Delivery {
  const verdict = judgeStatus(answer, conceal, nowMs);
  if (verdict !== undefined) return verdict;
  const partial = readPartialSuccess(answer.kind === 'answered' ? answer.text : '');
  const refusedLines = Math.min(lines, partial.rejectedLogRecords);
  return { kind: 'taken', lines, refusedLines, remark: shorten(conceal(partial.errorMessage)) };
}

/** A body that cannot be understood says nothing: the status was 200. */
function readPartialSuccess(text: string): {
  readonly rejectedLogRecords: number;
  readonly errorMessage: string;
} {
  const nothing = { rejectedLogRecords: 0, errorMessage: '' };
  try {
    return answerSchema.parse(JSON.parse(text)).partialSuccess ?? nothing;
  } catch {
    return nothing;
  }
}
