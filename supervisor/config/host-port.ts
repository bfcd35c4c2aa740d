// A receiver on the network, as `host:port`; an IPv6 address stands in brackets, as in RFC 3986, section 3.2.2.
import { isIPv6 } from 'node:net';
import { ok, quote, wrong, type Parsed } from './parsed.ts';

export const HOST_PORT_PATTERN = String.raw`^(\[[0-9A-Fa-f:.]+\]|[^\s\[\]:/@]+):\d{1,5}$`;
const WHOLE = new RegExp(HOST_PORT_PATTERN);
/** RFC 1035, section 2.3.4: a name has at most 255 octets. */
const MAX_LENGTH = 262;
const MAX_PORT = 65_535;
const REMEDY = 'Write host:port, such as logs.internal:514, 10.0.0.7:514 or [fd00::7]:514.';

type HostPort = { readonly host: string; readonly port: number };

export function parseHostPort(value: unknown): Parsed<HostPort> {
  if (typeof value !== 'string') return wrong(`must be host:port, not ${quote(value)}`, REMEDY);
  if (value.length > MAX_LENGTH || !WHOLE.test(value))
    return wrong(`${quote(value)} is not host:port`, REMEDY);
  const colon = value.lastIndexOf(':');
  const port = Number(value.slice(colon + 1));
  const host = value.slice(0, colon).replace(/^\[|\]$/g, '');
  if (port < 1 || port > MAX_PORT)
    return wrong(`${port} is not a port`, `Write a port from 1 to ${MAX_PORT}.`);
  if (value.startsWith('[') && !isIPv6(host)) return wrong(`${quote(host)} is not an IPv6 address`, REMEDY);
  return ok({ host, port });
}
