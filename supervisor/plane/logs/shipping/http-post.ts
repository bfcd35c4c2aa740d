// One POST of JSON, compressed, and its answer as plain data. Bounded in time and in what is read of the answer. Follows no redirect: the
// headers may hold a secret.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const TIMEOUT_MS = 30_000;
/** What an answer may tell; the rest of it is not read. Loki names each line that it refuses. */
const ANSWER_BYTES = 1_048_576;
/** Of zlib: logs shrink to a tenth with any level, and this one costs least. */
const GZIP_LEVEL = 1;
const compress = promisify(gzip);

export type HttpAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly text: string; readonly retryAfter: string }
  | { readonly kind: 'failed'; readonly why: string };

export type HttpPosterOptions = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly lookup: LookupFunction;
  readonly timeoutMs?: number | undefined;
};

export class HttpPoster {
  readonly #options: HttpPosterOptions;
  readonly #agent: HttpAgent;

  constructor(options: HttpPosterOptions) {
    this.#options = options;
    const keep = { keepAlive: true, maxSockets: 1, lookup: options.lookup };
    this.#agent = options.url.protocol === 'https:' ? new HttpsAgent(keep) : new HttpAgent(keep);
  }

  /** Rejects only when `signal` is aborted. */
  async post(body: string, signal: AbortSignal): Promise<HttpAnswer> {
    const compressed = await compress(body, { level: GZIP_LEVEL });
    const late = AbortSignal.timeout(this.#options.timeoutMs ?? TIMEOUT_MS);
    try {
      return await this.#exchange(compressed, AbortSignal.any([signal, late]));
    } catch (error) {
      signal.throwIfAborted();
      const why = late.aborted ? 'no answer in time' : describe(error);
      return { kind: 'failed', why };
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #exchange(body: Buffer, signal: AbortSignal): Promise<HttpAnswer> {
    const { url, headers } = this.#options;
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(url, {
        method: 'POST',
        agent: this.#agent,
        signal,
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-encoding': 'gzip',
          'content-length': body.length,
        },
      });
      request.on('error', reject);
      request.on('response', (response) => {
        readAnswer(response).then(resolve, reject);
      });
      request.end(body);
    });
  }
}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.length;
    // Leaving the loop ends the connection.
    if (bytes > ANSWER_BYTES) break;
  }
  return {
    kind: 'answered',
    status: response.statusCode ?? 0,
    text: Buffer.concat(pieces).toString('utf8', 0, ANSWER_BYTES),
    retryAfter: response.headers['retry-after'] ?? '',
  };
}

/** Of several addresses that were tried, the error names each. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ');
  return error instanceof Error ? error.message : String(error);
}
