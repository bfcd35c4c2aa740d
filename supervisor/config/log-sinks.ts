// `logs.sinks` of bosun.yaml, once it has passed its schema, to the types of the core.
import type { LogSinkSpec, LogTarget } from '../core/log-spec.ts';
import { parseHostPort } from './host-port.ts';
import type { LogSinksFile } from './log-sink-schema.ts';
import type { Parsed } from './parsed.ts';
import { parseFacility } from './syslog-facility.ts';

type SinkFile = LogSinksFile[string];
type SyslogFile = NonNullable<SinkFile['syslog']>;
type SyslogTarget = Extract<LogTarget, { kind: 'syslog' }>;

export function toLogSinks(sinks: LogSinksFile): readonly LogSinkSpec[] {
  return Object.entries(sinks).flatMap(([name, file]) => {
    const target = toTarget(file);
    return target === undefined ? [] : [{ name, target, queueBytes: file.queue }];
  });
}

/** The schema has seen to it that there is exactly one. */
function toTarget({ syslog, otlp, loki }: SinkFile): LogTarget | undefined {
  if (syslog !== undefined)
    return {
      kind: 'syslog',
      transport: toTransport(syslog),
      facility: checked(parseFacility(syslog.facility)),
    };
  if (otlp !== undefined) return { kind: 'otlp', ...otlp };
  return loki === undefined ? undefined : { kind: 'loki', ...loki };
}

function toTransport({ unix, udp, tcp }: SyslogFile): SyslogTarget['transport'] {
  if (unix !== undefined) return { kind: 'unix', path: unix };
  if (udp !== undefined) return { kind: 'udp', ...checked(parseHostPort(udp)) };
  return { kind: 'tcp', ...checked(parseHostPort(tcp)) };
}

function checked<Value>(parsed: Parsed<Value>): Value {
  if (parsed.kind === 'ok') return parsed.value;
  throw new Error(`the schema let through what ${parsed.message}`);
}
