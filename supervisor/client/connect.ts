// The way in to the client library: from what a program knows of a Bosun to a client of it.
import { BosunClient } from './bosun-client.ts';
import type { Identity, Pem, Target } from './target.ts';

/** The control socket on this machine; who you are is taken from the kernel. */
export type SocketOptions = {
  readonly socketPath: string;
  readonly address?: undefined;
  readonly port?: undefined;
};

type NetworkOptions = {
  readonly socketPath?: undefined;
  /** A name or an address, IPv4 or IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  /** Sent as `X-API-Key`, once the server is trusted. */
  readonly apiKey?: string | undefined;
};

/** HTTP without TLS: whoever is on the way can read all of it, the API key too. */
export type PlaintextOptions = NetworkOptions & {
  readonly plaintext: true;
  readonly certificateAuthority?: undefined;
  readonly trustOnFirstUse?: undefined;
  readonly certificate?: undefined;
  readonly key?: undefined;
  readonly serverName?: undefined;
};

/** TLS 1.3. A `certificate` needs its `key`; without both the server has to take an API key. */
export type TlsOptions = NetworkOptions &
  (Identity | { readonly certificate?: undefined; readonly key?: undefined }) &
  (
    | {
        /** PEM of the authority, or of several, that has signed the certificate of the server. */
        readonly certificateAuthority: Pem;
        readonly trustOnFirstUse?: undefined;
      }
    | {
        readonly certificateAuthority?: undefined;
        readonly trustOnFirstUse: {
          /** Path of the file with the fingerprints that are known; made with mode 0600 when there is none. */
          readonly knownHosts: string;
          /** `sha256:AB:CD...`; called when a server is remembered, before anything is sent to it. */
          readonly onFirstUse?: (fingerprint: string) => void;
        };
      }
  ) & {
    readonly plaintext?: undefined;
    /** What the certificate of the server has to be for; without it, `address`. */
    readonly serverName?: string | undefined;
  };

export type ConnectOptions = SocketOptions | PlaintextOptions | TlsOptions;

/**
 * A client of the Bosun at that place. Nothing is opened or sent before its first method is called, and nothing has to be
 * closed: each call has a connection of its own, which is given up after 10 s without one.
 *
 * @throws TypeError when `port` is no port.
 */
export function connect(options: ConnectOptions): BosunClient {
  return new BosunClient(targetOf(options));
}

function targetOf(options: ConnectOptions): Target {
  if (options.socketPath !== undefined) return { kind: 'socket', socketPath: options.socketPath };
  const { address, port, apiKey } = options;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new TypeError(`${port} is no port`);
  if (options.plaintext === true) return { kind: 'plaintext', address, port, apiKey };
  const { serverName, certificateAuthority, trustOnFirstUse, certificate, key } = options;
  return {
    kind: 'tls',
    address,
    port,
    apiKey,
    serverName,
    identity: certificate === undefined ? undefined : { certificate, key },
    trust:
      certificateAuthority === undefined
        ? { kind: 'first-use', ...trustOnFirstUse }
        : { kind: 'authority', certificateAuthority },
  };
}
