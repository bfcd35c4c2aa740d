// Bosun's own lines: pino's JSON or a plain sentence, to the same sink as the services' lines. Texts may come from outside
// (a probe's answer), so nothing in them may begin a new line.
import pino from 'pino';
import type { FormatLine, LogFormat } from './log-line.ts';
import type { OutputSink } from './output-sink.ts';

export type Level = 'info' | 'warn' | 'error';
export type OwnMessage = {
  readonly level: Level;
  readonly text: string;
  /** Fields of the JSON form, in snake_case. */
  readonly fields?: Readonly<Record<string, unknown>>;
};
/** `timeMs`: when it happened, if that was not now. */
export type OwnLog = (message: OwnMessage, timeMs?: number) => void;
type FormatOwn = (message: OwnMessage, timeMs: number) => Buffer;

export type OwnLogOptions = {
  readonly format: LogFormat;
  readonly formatLine: FormatLine;
  readonly pid: number;
};

/** The name that its lines carry. No service can have it twice: an operator's own `bosun` service is told by its pid. */
export const OWN_NAME = 'bosun';

export function createOwnFormat(options: OwnLogOptions): FormatOwn {
  return options.format === 'json' ? createJsonFormat(options.pid) : createTextFormat(options);
}

export function createOwnLog(sink: OutputSink, format: FormatOwn): OwnLog {
  return (message, timeMs = Date.now()) => {
    sink.write(format(message, timeMs), 1);
  };
}

function createJsonFormat(pid: number): FormatOwn {
  let written = '';
  const destination = {
    write: (text: string): void => {
      written = text;
    },
  };
  const logger = pino({ base: null, timestamp: false }, destination);
  return ({ level, text, fields }, timeMs) => {
    logger[level]({ time: timeMs, pid, service: OWN_NAME, ...renameService(fields) }, text);
    return Buffer.from(written);
  };
}

/** `service` says whose line it is; the service that it is about is its `subject`. */
function renameService(fields: OwnMessage['fields']): object {
  if (fields === undefined) return {};
  const { service, ...others } = fields;
  return service === undefined ? others : { subject: service, ...others };
}

function createTextFormat({ format, formatLine, pid }: OwnLogOptions): FormatOwn {
  return ({ text }, timeMs) => {
    const plain = printable(format === 'raw' ? `${OWN_NAME}: ${text}` : text);
    const bytes = Buffer.from(plain);
    return formatLine({ service: OWN_NAME, pid, stream: 'stdout', timeMs, bytes, continues: false });
  };
}

function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}
