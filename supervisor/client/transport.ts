// HTTP over the control socket. One connection for each request: over a Unix socket that costs next to nothing.
import { request, type IncomingMessage } from 'node:http';
import type { ProblemDocument } from '../wire/problem.ts';
import { BosunProblem, BosunUnreachable } from './failure.ts';

export type ClientRequest = {
  readonly method: 'GET' | 'POST';
  /** With its query string. */
  readonly path: string;
  readonly accept?: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
};

/** An answer is taken up to here; more than that is none of ours. */
const MOST_ANSWER_BYTES = 67_108_864;

/** The head of the answer has arrived; the body is to be read. Rejects with BosunUnreachable, or the signal's reason. */
async function send(socketPath: string, wanted: ClientRequest): Promise<IncomingMessage> {
  const body = wanted.body === undefined ? undefined : JSON.stringify(wanted.body);
  return await new Promise((resolve, reject) => {
    const outgoing = request({
      socketPath,
      method: wanted.method,
      path: wanted.path,
      agent: false,
      headers: headersOf(wanted, body),
      ...(wanted.signal === undefined ? {} : { signal: wanted.signal }),
    });
    outgoing.on('response', resolve);
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      reject(
        isAbort(error)
          ? error
          : new BosunUnreachable(socketPath, error.code ?? error.message, { cause: error }),
      );
    });
    outgoing.end(body);
  });
}

function headersOf({ accept }: ClientRequest, body: string | undefined): Record<string, string> {
  const content = body === undefined ? undefined : { 'content-type': 'application/json' };
  return { host: 'localhost', accept: accept ?? 'application/json', ...content };
}

function isAbort(error: Error): boolean {
  return error.name === 'AbortError';
}

/** The whole answer as JSON. `alsoGood`: a status that is an answer too, though not a success. */
export async function sendForJson(
  socketPath: string,
  wanted: ClientRequest,
  alsoGood = 200,
): Promise<unknown> {
  const incoming = await send(socketPath, wanted);
  const status = incoming.statusCode ?? 0;
  const text = await readText(socketPath, incoming);
  if (status < 400 || status === alsoGood) return parse(text);
  throw new BosunProblem(parse(text) as ProblemDocument);
}

/** For streams: the body once the answer is known to be good. */
export async function sendForStream(socketPath: string, wanted: ClientRequest): Promise<IncomingMessage> {
  const incoming = await send(socketPath, wanted);
  if ((incoming.statusCode ?? 0) < 400) return incoming;
  throw new BosunProblem(parse(await readText(socketPath, incoming)) as ProblemDocument);
}

async function readText(socketPath: string, incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of incoming) {
      const bytes = chunk as Buffer;
      length += bytes.length;
      if (length > MOST_ANSWER_BYTES) throw new Error('the answer is too large');
      chunks.push(bytes);
    }
  } catch (error) {
    throw new BosunUnreachable(socketPath, 'the connection ended in the middle of an answer', {
      cause: error,
    });
  }
  return Buffer.concat(chunks).toString();
}

function parse(text: string): unknown {
  return JSON.parse(text);
}
