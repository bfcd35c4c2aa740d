// One request to an application and its answer as plain data, bounded in time and in bytes. One connection for each: whatever was replaced, a
// certificate or a host, is met at once. Follows no redirect: the key would go along.
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import type { ApplicationSpec } from '../../core/application-spec.ts';
import type { ChannelFiles } from './channel-files.ts';

export const MOST_ANSWER_BYTES = 1_048_576;

export type Exchange =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** In bytes, because it may be no text. */
      readonly body: Buffer;
      readonly etag: string;
      readonly retryAfter: string;
    }
  | { readonly kind: 'too-large'; readonly status: number }
  /** `sent`: whether the application may have got it. */
  | { readonly kind: 'broken'; readonly error: unknown; readonly sent: 'no' | 'perhaps' };

export type Wanted = {
  readonly spec: ApplicationSpec;
  readonly files: ChannelFiles;
  readonly lookup: LookupFunction;
  readonly method: 'GET' | 'PATCH';
  /** Of the query, besides what the URL has. */
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
};

/** Never rejects. */
export async function exchange(wanted: Wanted): Promise<Exchange> {
  let sent: 'no' | 'perhaps' = 'no';
  try {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = begin(wanted);
    request.on('error', reject);
    request.on('response', resolve);
    request.on('socket', (socket) => {
      socket.once(isHttps(wanted.spec) ? 'secureConnect' : 'connect', () => {
        sent = 'perhaps';
      });
    });
    request.end(wanted.body);
    return await readAnswer(await promise);
  } catch (error) {
    return { kind: 'broken', error, sent };
  }
}

function begin({ spec, files, lookup, method, query, headers, body, signal }: Wanted): ClientRequest {
  const url = new URL(spec.url);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  const options: RequestOptions = {
    method,
    lookup,
    signal,
    agent: false,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      connection: 'close',
      'x-api-key': files.key,
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...headers,
    },
    ...(spec.socketPath === '' ? {} : { socketPath: spec.socketPath }),
  };
  return isHttps(spec) ? httpsRequest(url, { ...options, ...trust(spec, files) }) : httpRequest(url, options);
}

function isHttps({ url }: ApplicationSpec): boolean {
  return url.startsWith('https:');
}

/** Said in full: an environment variable of Node can switch the check off for whoever does not say it. */
function trust({ url, serverName }: ApplicationSpec, { authority }: ChannelFiles): RequestOptions {
  const name = serverName === '' ? new URL(url).hostname.replaceAll(/^\[|\]$/g, '') : serverName;
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    // What is sent along must not be an address, RFC 6066, section 3; the certificate may be for one.
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    ...(authority === '' ? {} : { ca: authority }),
  };
}

async function readAnswer(response: IncomingMessage): Promise<Exchange> {
  const status = response.statusCode ?? 0;
  const pieces: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop ends the connection.
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MOST_ANSWER_BYTES) return { kind: 'too-large', status };
    pieces.push(piece);
  }
  const { etag = '', 'retry-after': retryAfter = '' } = response.headers;
  return { kind: 'answered', status, body: Buffer.concat(pieces), etag, retryAfter };
}
