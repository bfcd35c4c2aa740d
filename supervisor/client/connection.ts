// One connection to a Bosun: over the Unix socket, TCP, or TLS 1.3. It is handed out only when the other side is known to be
// the right one, so nothing is ever sent to a stranger, the API key least of all.
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, TLSSocket, type ConnectionOptions } from 'node:tls';
import { causeOf } from './connection-cause.ts';
import { BosunUnreachable } from './failure.ts';
import { trustFirstUse } from './known-hosts.ts';
import type { Target } from './target.ts';

type TlsTarget = Extract<Target, { kind: 'tls' }>;

const CONNECT_LIMIT_MS = 10_000;
/** Else a reader of a stream would never know that the other machine has gone: tcp(7), TCP_KEEPIDLE. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 15_000 } as const;

/** Rejects with BosunUnreachable, or the signal's reason. Whoever takes the connection handles its errors from then on. */
export async function openConnection(target: Target, signal?: AbortSignal): Promise<Socket> {
  signal?.throwIfAborted();
  const socket = start(target);
  const ready = target.kind === 'tls' ? 'secureConnect' : 'connect';
  await connected(socket, ready, target, signal);
  if (target.kind === 'tls' && target.trust.kind === 'first-use')
    await checkFirstUse(target, target.trust, socket);
  return socket;
}

function start(target: Target): Socket {
  switch (target.kind) {
    case 'socket':
      return connectPlain({ path: target.socketPath });
    case 'plaintext':
      return connectPlain({ host: target.address, port: target.port, ...KEEP_ALIVE });
    case 'tls':
      return startTls(target);
  }
}

function startTls(target: TlsTarget): Socket {
  const { address, port, trust, identity } = target;
  const name = target.serverName ?? address;
  const options: ConnectionOptions = {
    host: address,
    port,
    ...KEEP_ALIVE,
    // RFC 6066: an address is no server name.
    servername: isIP(name) === 0 ? name : '',
    minVersion: 'TLSv1.3',
    rejectUnauthorized: trust.kind === 'authority',
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    ...(trust.kind === 'authority' ? { ca: trust.certificateAuthority } : {}),
    ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.key }),
  };
  try {
    return connectTls(options);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const reason = `the certificate, key or authority given cannot be used: ${why}`;
    throw new BosunUnreachable(target, { code: 'bad-credentials', reason }, { cause: error });
  }
}

async function connected(
  socket: Socket,
  ready: 'connect' | 'secureConnect',
  target: Target,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const done = (): void => {
    resolve(undefined);
  };
  const fail = (error: Error): void => {
    reject(new BosunUnreachable(target, causeOf(target, 'connecting', error), { cause: error }));
  };
  const abort = (): void => {
    reject(signal?.reason as Error);
  };
  const timer = setTimeout(() => {
    const reason = `there was no connection within ${CONNECT_LIMIT_MS / 1000} s`;
    reject(new BosunUnreachable(target, { code: 'connect-timeout', reason }));
  }, CONNECT_LIMIT_MS);
  socket.once(ready, done).once('error', fail);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await promise;
  } catch (error) {
    socket.on('error', ignore).destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    socket.off(ready, done).off('error', fail);
  }
}

/** A connection that was given up may still fail. */
function ignore(): void {
  // What it was given up for is told already.
}

async function checkFirstUse(
  target: TlsTarget,
  trust: Extract<TlsTarget['trust'], { kind: 'first-use' }>,
  socket: Socket,
): Promise<void> {
  socket.on('error', ignore);
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  try {
    await trustFirstUse(target, trust, certificate?.fingerprint256);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
