// Whether a request over TCP was meant for this listener. A page in a browser can have its own name point to our address (DNS
// rebinding) and then reads what it likes, but the Host header still says the page's name; so only names that are ours are taken.
// An address needs no list: nothing stands between it and us that could be made to point elsewhere.
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { addressOf, refused, type Admission, type Gate } from './gate.ts';

/** Whether the server's certificate is for this name. */
export type IsOurName = (name: string) => boolean;

export function withHostChecked(gate: Gate, isOurName: IsOurName): Gate {
  return {
    transport: gate.transport,
    admit: (incoming, destination) => checkHost(incoming, isOurName) ?? gate.admit(incoming, destination),
  };
}

function checkHost({ headers, socket }: IncomingMessage, isOurName: IsOurName): Admission | undefined {
  const peer = addressOf(socket.remoteAddress);
  const host = nameIn(headers.host ?? '');
  if (host === undefined || !(isSafe(host) || isOurName(host)))
    return refused({
      code: 'host-not-allowed',
      detail:
        'The Host header is not a name of this listener. Ask by its address, or add the name to its hosts: in bosun.yaml.',
      peer,
      reason: 'its Host header is not a name of this listener',
    });
  const { origin } = headers;
  if (origin === undefined || isSameOrigin(origin, headers.host ?? '')) return undefined;
  const detail = 'A page of another origin may not ask here.';
  return refused({
    code: 'origin-not-allowed',
    detail,
    peer,
    reason: 'it comes from a page of another origin',
  });
}

/** Without the port, in lower case; undefined when it is none: RFC 9110, section 7.2. */
function nameIn(host: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]/@?#]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  const name = bracketed ?? plain;
  return name?.toLowerCase().replace(/\.$/, '');
}

/** RFC 6761, section 6.3: no name server is asked for localhost. */
function isSafe(name: string): boolean {
  return isIP(name) !== 0 || name === 'localhost';
}

function isSameOrigin(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
