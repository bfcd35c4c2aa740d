// Plain HTTP over the control socket, as curl would speak it: the tests of the server do not go through our own client.
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

export type HttpAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Record<string, unknown>;
};

export type HttpOptions = {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
};

export async function open(
  socketPath: string,
  path: string,
  options: HttpOptions = {},
): Promise<IncomingMessage> {
  const { method = 'GET', body } = options;
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const headers = { ...type, ...options.headers };
  return await new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, method, headers, agent: false }, resolve);
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export async function call(socketPath: string, path: string, options: HttpOptions = {}): Promise<HttpAnswer> {
  const incoming = await open(socketPath, path, options);
  const text = await readAll(incoming);
  const isJson = /[/+]json$/.test(incoming.headers['content-type'] ?? '');
  const json = (isJson && text !== '' ? JSON.parse(text) : {}) as Record<string, unknown>;
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, text, json };
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  incoming.setEncoding('utf8');
  let text = '';
  for await (const chunk of incoming) text += chunk as string;
  return text;
}

/** Reads a stream until `enough` holds for its text, then lets it go. */
export async function readUntil(
  incoming: IncomingMessage,
  enough: (text: string) => boolean,
): Promise<string> {
  incoming.setEncoding('utf8');
  let text = '';
  const timer = setTimeout(() => incoming.destroy(new Error(`not enough came; only:\n${text}`)), 10_000);
  try {
    for await (const chunk of incoming) {
      text += chunk as string;
      if (enough(text)) return text;
    }
    return text;
  } finally {
    clearTimeout(timer);
    incoming.destroy();
  }
}
