// HTTP to a Bosun. One connection for each request: over a Unix socket that costs next to nothing, and over the network it is
// what a command line does anyway.
import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { ProblemDocument } from '../wire/problem.ts';
import { causeOf } from './connection-cause.ts';
import { openConnection } from './connection.ts';
import { BosunProblem, BosunUnreachable } from './failure.ts';
import { describeTarget, type Target } from './target.ts';

export type ClientRequest = {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** With its query string. */
  readonly path: string;
  readonly accept?: string;
  /** Where a stream of server-sent events goes on. */
  readonly lastEventId?: string | undefined;
  readonly body?: unknown;
  readonly idempotencyKey?: string | undefined;
  /** How long Bosun was asked to wait before it answers; it gets some more for the answer itself. */
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** An answer is taken up to here; more than that is none of ours. */
const MOST_ANSWER_BYTES = 67_108_864;
const SWITCHING = 101;
const ANSWER_LIMIT_MS = 30_000;

/** The head of the answer has arrived; the body is to be read. Rejects with BosunUnreachable, or the signal's reason. */
async function send(target: Target, wanted: ClientRequest, protocol?: string): Promise<IncomingMessage> {
  const { signal } = wanted;
  const connection = await openConnection(target, signal);
  try {
    return await ask(connection, target, wanted, protocol);
  } catch (error) {
    connection.destroy();
    signal?.throwIfAborted();
    if (error instanceof BosunUnreachable || !(error instanceof Error)) throw error;
    throw new BosunUnreachable(target, causeOf(target, 'asking', error), { cause: error });
  }
}

async function ask(
  connection: Socket,
  target: Target,
  wanted: ClientRequest,
  protocol: string | undefined,
): Promise<IncomingMessage> {
  // It may have failed while nobody looked, by an alert of TLS for one.
  if (connection.destroyed) throw connection.errored ?? broken();
  const body = wanted.body === undefined ? undefined : JSON.stringify(wanted.body);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing = request({
    createConnection: () => connection,
    method: wanted.method,
    path: wanted.path,
    headers: { ...headersOf(target, wanted, body), ...upgradeTo(protocol, body) },
    ...(wanted.signal === undefined ? {} : { signal: wanted.signal }),
  });
  const limitMs = ANSWER_LIMIT_MS + (wanted.waitMs ?? 0);
  const timer = setTimeout(() => {
    const reason = `there was no answer within ${Math.round(limitMs / 1000)} s`;
    reject(new BosunUnreachable(target, { code: 'answer-timeout', reason }));
  }, limitMs);
  outgoing.on('response', resolve);
  outgoing.on('upgrade', (incoming, socket, head) => {
    if (head.length > 0) socket.unshift(head);
    resolve(incoming);
  });
  // It stays: a connection may fail again after it was given up.
  outgoing.on('error', reject);
  outgoing.end(body);
  return await promise.finally(() => {
    clearTimeout(timer);
  });
}

/** With the length of the body: a request that switches has no chunks. */
function upgradeTo(protocol: string | undefined, body: string | undefined): Record<string, string> {
  if (protocol === undefined) return {};
  const length = Buffer.byteLength(body ?? '');
  return { connection: 'Upgrade', upgrade: protocol, 'content-length': String(length) };
}

function broken(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });
}

function headersOf(
  target: Target,
  { accept, lastEventId, idempotencyKey }: ClientRequest,
  body: string | undefined,
): Record<string, string> {
  const apiKey = target.kind === 'socket' ? undefined : target.apiKey;
  return {
    host: hostOf(target),
    accept: accept ?? 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }),
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  };
}

/** The name that the server goes by, as in its certificate: it may take no other (DNS rebinding). */
function hostOf(target: Target): string {
  if (target.kind === 'socket') return 'localhost';
  const name = target.kind === 'tls' ? target.serverName : undefined;
  return describeTarget({ ...target, address: name ?? target.address });
}

/** The whole answer as JSON. `alsoGood`: a status that is an answer too, though not a success. */
export async function sendForJson(target: Target, wanted: ClientRequest, alsoGood = 200): Promise<unknown> {
  const incoming = await send(target, wanted);
  const status = incoming.statusCode ?? 0;
  const text = await readText(target, incoming, wanted.signal);
  if (status < 400 || status === alsoGood) return parse(target, text);
  throw new BosunProblem(parseProblem(target, status, text));
}

/** For streams: the body once the answer is known to be good. */
export async function sendForStream(target: Target, wanted: ClientRequest): Promise<IncomingMessage> {
  const incoming = await send(target, wanted);
  const status = incoming.statusCode ?? 0;
  if (status < 400) return incoming;
  throw new BosunProblem(parseProblem(target, status, await readText(target, incoming, wanted.signal)));
}

/**
 * The connection once Bosun has switched to the protocol: RFC 9110, section 7.8. Whoever takes it handles its errors from then on;
 * nothing of it has been read.
 */
export async function sendForUpgrade(
  target: Target,
  wanted: ClientRequest,
  protocol: string,
): Promise<{ readonly incoming: IncomingMessage; readonly socket: Socket }> {
  const incoming = await send(target, wanted, protocol);
  const status = incoming.statusCode ?? 0;
  if (status === SWITCHING) return { incoming, socket: incoming.socket };
  const text = await readText(target, incoming, wanted.signal);
  if (status >= 400) throw new BosunProblem(parseProblem(target, status, text));
  throw notBosun(target, `it answers with ${status} and does not switch to ${protocol}`, undefined);
}

async function readText(
  target: Target,
  incoming: IncomingMessage,
  signal: AbortSignal | undefined,
): Promise<string> {
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
    signal?.throwIfAborted();
    throw connectionLost(target, 'the connection ended in the middle of an answer', error);
  }
  return Buffer.concat(chunks).toString();
}

export function connectionLost(target: Target, reason: string, cause: unknown): BosunUnreachable {
  return new BosunUnreachable(target, { code: 'connection-lost', reason }, { cause });
}

function parse(target: Target, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notBosun(target, 'its answer is not JSON', error);
  }
}

function parseProblem(target: Target, status: number, text: string): ProblemDocument {
  const answer = `it answers with ${status} and no problem document`;
  try {
    const value: unknown = JSON.parse(text);
    if (isProblem(value)) return value;
  } catch (error) {
    throw notBosun(target, answer, error);
  }
  throw notBosun(target, answer, undefined);
}

/** The members that every one of them has and that are relied on; RFC 9457 asks for none. */
function isProblem(value: unknown): value is ProblemDocument {
  if (typeof value !== 'object' || value === null) return false;
  return ['code', 'detail', 'next'].every((key) => typeof Reflect.get(value, key) === 'string');
}

function notBosun(target: Target, what: string, cause: unknown): BosunUnreachable {
  const reason = `what answers there is not Bosun: ${what}`;
  return new BosunUnreachable(target, { code: 'not-bosun', reason }, { cause });
}
