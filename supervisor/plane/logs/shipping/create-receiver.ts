// From a sink's configuration to what speaks its protocol.
import type { LookupFunction } from 'node:net';
import type { LogSinkSpec, LogTarget } from '../../../core/log-spec.ts';
import { createHttpReceiver } from './http-receiver.ts';
import { encodeLoki, judgeLoki } from './loki.ts';
import { encodeOtlp, judgeOtlp } from './otlp.ts';
import type { QueueEntry } from './queue-entry.ts';
import type { Delivery, Receiver } from './receiver.ts';
import type { SocketCalls } from './socket-calls.ts';
import { SyslogStream } from './syslog-stream.ts';
import { SyslogUdp } from './syslog-udp.ts';
import { SyslogUnix } from './syslog-unix.ts';

/** A syslog server shows lines as they come. */
const SYSLOG_BATCH = { lines: 1_000, bytes: 262_144, lingerMs: 100 };

export type ReceiverParts = {
  readonly calls: SocketCalls;
  readonly lookup: LookupFunction;
  /** How long a receiver may say nothing; for tests. */
  readonly stallMs?: number | undefined;
};

type SyslogTarget = Extract<LogTarget, { kind: 'syslog' }>;
type Speaker = {
  send(entries: readonly QueueEntry[], signal: AbortSignal): Promise<Delivery>;
  close(): void;
};

export function createReceiver({ target }: LogSinkSpec, parts: ReceiverParts): Receiver {
  const { lookup, stallMs } = parts;
  switch (target.kind) {
    case 'syslog':
      return receiverOf(createSyslog(target, parts), placeOfSyslog(target));
    case 'otlp':
      return createHttpReceiver({
        ...target,
        lookup,
        timeoutMs: stallMs,
        encode: encodeOtlp,
        judge: judgeOtlp,
      });
    case 'loki':
      return createHttpReceiver({
        ...target,
        lookup,
        timeoutMs: stallMs,
        encode: (entries) => encodeLoki(entries, target.labels),
        judge: judgeLoki,
      });
  }
}

function createSyslog(
  { transport, facility }: SyslogTarget,
  { calls, lookup, stallMs }: ReceiverParts,
): Speaker {
  switch (transport.kind) {
    case 'unix':
      return new SyslogUnix({ path: transport.path, facility, calls, stallMs });
    case 'udp':
      return new SyslogUdp({ host: transport.host, port: transport.port, facility, lookup });
    case 'tcp':
      return new SyslogStream({ target: { ...transport, lookup }, facility, calls, stallMs });
  }
}

function receiverOf(speaker: Speaker, place: string): Receiver {
  return {
    batch: SYSLOG_BATCH,
    place,
    send: (entries, signal) => speaker.send(entries, signal),
    close: () => {
      speaker.close();
    },
  };
}

function placeOfSyslog({ transport }: SyslogTarget): string {
  if (transport.kind === 'unix') return `unix:${transport.path}`;
  const host = transport.host.includes(':') ? `[${transport.host}]` : transport.host;
  return `${transport.kind}:${host}:${transport.port}`;
}
