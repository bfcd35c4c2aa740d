// Requests of a test to the example's backend: HTTPS that trusts the example's own authority alone, and a new connection for each
// request, so that they spread over the workers.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type Question = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
};

const TIMEOUT_MS = 60_000;

export class HttpsClient {
  readonly #base: string;
  readonly #agent: Agent;

  constructor(base: string, authorityFile: string) {
    this.#base = base;
    this.#agent = new Agent({ ca: readFileSync(authorityFile), keepAlive: false });
  }

  async ask(path: string, { method = 'GET', headers = {}, body }: Question = {}): Promise<Answer> {
    const sent = request(new URL(path, this.#base), {
      agent: this.#agent,
      method,
      headers: { ...headers },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
  }
}
