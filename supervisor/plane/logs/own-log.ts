// Bosun's own lines: pino's JSON or a plain sentence, to where the services' lines go. Texts may come from outside (a probe's answer), so
// no secret of the service they are about may be in them, and nothing may begin a new line.
import pino from 'pino';
import type { LogFormat } from '../../core/log-spec.ts';
import { maskValues } from '../../core/secrets.ts';
import type { KnownSecrets } from '../secrets/known-secrets.ts';

export type Level = 'info' | 'warn' | 'error';
export type OwnMessage = {
  readonly level: Level;
  readonly text: string;
  /** Fields of the JSON form, in snake_case. */
  readonly fields?: Readonly<Record<string, unknown>>;
};
/** `timeMs`: when it happened, if that was not now. */
export type OwnLog = (message: OwnMessage, timeMs?: number) => void;
type FormatOwn = (message: OwnMessage, timeMs: number) => string;

/** The name that its lines carry. No service can have it twice: an operator's own `bosun` service is told by its pid. */
const OWN_NAME = 'bosun';

export type OwnLogOptions = {
  readonly format: LogFormat;
  readonly pid: number;
  readonly secrets: KnownSecrets;
};

/** `write` takes a finished line with its newline, or the text of one that is still to be shown as lines of services are. */
export function createOwnLog({ format, pid, secrets }: OwnLogOptions, write: (line: string) => void): OwnLog {
  const toLine: FormatOwn = format === 'json' ? createJsonFormat(pid) : createTextFormat(format);
  return (message, timeMs = Date.now()) => {
    write(toLine(concealed(message, secrets), timeMs));
  };
}

function concealed(message: OwnMessage, secrets: KnownSecrets): OwnMessage {
  const { text, fields } = message;
  const service = fields?.['service'];
  const values = secrets(typeof service === 'string' ? service : undefined);
  if (values.length === 0) return message;
  const masked = { ...message, text: maskValues(text, values) };
  return fields === undefined ? masked : { ...masked, fields: concealedFields(fields, values) };
}

/** `service` and `event` are words of Bosun's own. No field has a value with parts. */
function concealedFields(
  fields: Readonly<Record<string, unknown>>,
  values: readonly string[],
): Readonly<Record<string, unknown>> {
  const entries = Object.entries(fields).map(([name, value]): [string, unknown] => [
    name,
    typeof value === 'string' && name !== 'service' && name !== 'event' ? maskValues(value, values) : value,
  ]);
  return Object.fromEntries(entries);
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
    return written;
  };
}

/** `service` says whose line it is; the service that it is about is its `subject`. */
function renameService(fields: OwnMessage['fields']): object {
  if (fields === undefined) return {};
  const { service, ...others } = fields;
  return service === undefined ? others : { subject: service, ...others };
}

function createTextFormat(format: LogFormat): FormatOwn {
  return ({ text }) => printable(format === 'raw' ? `${OWN_NAME}: ${text}` : text);
}

function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}
