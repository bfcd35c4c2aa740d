// HTTP probe: one request on a connection of its own. A status in the declared ranges is healthy, and a text in the first bytes
// of the body where one is declared; redirects are not followed, as in Kubernetes' httpGet.
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { ProbeAnswer } from '../core/input.ts';
import type { ProbeAction } from '../core/probe-spec.ts';
import { judgeBody } from './http-body.ts';
import { failed, type Probe, reasonOf } from './probe.ts';
import { Trust, type TrustOptions } from './trust.ts';

type HttpAction = Extract<ProbeAction, { kind: 'http' }>;

export function httpProbe(action: HttpAction): Probe {
  const url = new URL(action.url);
  const trust = new Trust(action.tls, url.hostname.replace(/^\[(.*)\]$/, '$1'));
  // Neither a password nor a query, which may hold a token: what is said here goes into events.
  const question = `${action.method} ${url.protocol}//${url.host}${url.pathname}`;
  return async (signal) => {
    const answer = await ask(action, trust, signal);
    return answer.kind === 'ok' ? answer : failed(`${question}: ${answer.reason}`);
  };
}

async function ask(action: HttpAction, trust: Trust, signal: AbortSignal): Promise<ProbeAnswer> {
  const asked = await beginRequest(action, trust, signal).catch(reasonOf);
  if (typeof asked === 'string') return failed(asked);
  try {
    const response = await responseOf(asked);
    return judgeStatus(action, response.statusCode ?? 0) ?? (await judgeBody(response, action));
  } catch (error) {
    if (!isCertificateRefused(asked, action)) return failed(explain(error));
    trust.refused();
    return failed(`the certificate is refused: ${explainRefusal(error)}`);
  } finally {
    // A kept connection would hide a service that does not accept new ones.
    asked.destroy();
  }
}

async function beginRequest(action: HttpAction, trust: Trust, signal: AbortSignal): Promise<ClientRequest> {
  const secure = action.url.startsWith('https:');
  // Loaded at the first use: a fleet without HTTP probes does not pay for it.
  const { request } = await (secure ? import('node:https') : import('node:http'));
  const options: RequestOptions & Partial<TrustOptions> = {
    ...(secure ? await trust.options() : {}),
    method: action.method,
    headers: { 'user-agent': 'bosun-probe', accept: '*/*', connection: 'close', ...action.headers },
    agent: false,
    signal,
  };
  return request(action.url, options).end();
}

function responseOf(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.on('response', resolve);
    asked.on('upgrade', resolve);
    asked.on('error', reject);
  });
}

function judgeStatus({ statuses }: HttpAction, status: number): ProbeAnswer | undefined {
  if (statuses.some(({ from, to }) => status >= from && status <= to)) return undefined;
  return failed(`status ${status}`);
}

/** Where it is the certificate, Node has left its verdict on the socket. */
function isCertificateRefused({ socket }: ClientRequest, { tls }: HttpAction): boolean {
  // The types say that there is a socket: not before the connection.
  const verdict: unknown = (socket as { authorizationError?: unknown } | null)?.authorizationError;
  return tls.verify === 'full' && Boolean(verdict);
}

/** OpenSSL's sentence, without the advice that Node adds for programs of one's own. */
function explainRefusal(error: unknown): string {
  return error instanceof Error ? (error.message.split(';', 1)[0] ?? '') : String(error);
}

function explain(error: unknown): string {
  const reason = reasonOf(error);
  if (reason.startsWith('HPE_')) return `what answers does not speak HTTP (${reason})`;
  if (reason === 'EPROTO' || reason.startsWith('ERR_SSL_')) return `no TLS connection (${reason})`;
  return reason;
}
