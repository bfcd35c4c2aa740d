// A line as syslog messages, RFC 5424. Long lines become several: a receiver would cut them off.
import { hostname } from 'node:os';
import { detectLevel, type DetectedLevel } from './detected-level.ts';
import type { QueueEntry } from './queue-entry.ts';

/** What rsyslog takes by default (maxMessageSize); RFC 5424, section 6.1, asks of a receiver for 2 KiB and promises none for more. */
const MESSAGE_BYTES = 8_192;
/** Table 2 of RFC 5424. */
const SEVERITY: Readonly<Record<DetectedLevel, number>> = {
  trace: 7,
  debug: 7,
  info: 6,
  notice: 5,
  warn: 4,
  error: 3,
  fatal: 2,
};
/** HOSTNAME and APP-NAME are printable ASCII without blanks, of at most 255 and 48 characters; "-" is none. */
const NOT_PRINTABLE = /[^\x21-\x7e]/g;
const HOST_CHARACTERS = 255;
const APP_CHARACTERS = 48;

/**
 * `<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID [SD] MSG`: the service is the APP-NAME; the structured data have it whole, with the stream.
 * MSG without a byte order mark, because what a service writes may be in any encoding (MSG-ANY). The bytes are as the service wrote them.
 */
export function syslogMessages(entry: QueueEntry, facility: number): readonly Buffer[] {
  const severity = SEVERITY[detectLevel(entry.text) ?? 'info'];
  const app = nameField(entry.service, APP_CHARACTERS);
  const time = new Date(entry.timeMs).toISOString();
  const front = `<${facility * 8 + severity}>1 ${time} ${host()} ${app} ${entry.pid} -`;
  const usual = `${front} ${structuredData(entry, entry.extent)} `;
  const room = MESSAGE_BYTES - Buffer.byteLength(usual) - ' continues="true"'.length;
  if (entry.text.length <= room) return [Buffer.concat([Buffer.from(usual), entry.text])];
  const pieces = splitText(entry.text, room);
  return pieces.map((piece, index) => {
    const extent = index === pieces.length - 1 ? entry.extent : 'piece';
    return Buffer.concat([Buffer.from(`${front} ${structuredData(entry, extent)} `), piece]);
  });
}

/** 32473 is the enterprise number that RFC 5612 sets aside for examples and documents; Bosun has none of its own. */
function structuredData({ service, stream }: QueueEntry, extent: QueueEntry['extent']): string {
  const continues = extent === 'piece' ? ' continues="true"' : '';
  return `[bosun@32473 service="${service.replaceAll(/["\\\]]/g, '\\$&')}" stream="${stream}"${continues}]`;
}

/** Not in the middle of a character of UTF-8, where there is a beginning of one nearby. */
function splitText(text: Buffer, room: number): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < text.length;) {
    let end = Math.min(at + room, text.length);
    for (let back = 0; back < 3 && end < text.length && ((text[end] ?? 0) & 0xc0) === 0x80; back++) end--;
    pieces.push(text.subarray(at, end));
    at = end;
  }
  return pieces;
}

function host(): string {
  return nameField(hostname(), HOST_CHARACTERS);
}

function nameField(name: string, most: number): string {
  const plain = name.replaceAll(NOT_PRINTABLE, '_').slice(0, most);
  return plain === '' ? '-' : plain;
}
