// Where a Bosun is, and what is needed to trust it and to be trusted by it. Plain data: nothing is read or opened here.

/** PEM, as text or as the bytes of a file. */
export type Pem = string | Buffer;

/** Who you are to a Bosun that asks for certificates: OU is your role, CN your name. */
export type Identity = { readonly certificate: Pem; readonly key: Pem };

/** Why a certificate of the server is believed. */
export type ServerTrust =
  | { readonly kind: 'authority'; readonly certificateAuthority: Pem }
  /** The first one is remembered in the file, and from then on no other one is taken. */
  | {
      readonly kind: 'first-use';
      readonly knownHosts: string;
      /** Called when it is remembered, before anything is sent. `fingerprint`: `sha256:AB:CD...` */
      readonly onFirstUse?: ((fingerprint: string) => void) | undefined;
    };

export type Target =
  | { readonly kind: 'socket'; readonly socketPath: string }
  | {
      readonly kind: 'plaintext';
      readonly address: string;
      readonly port: number;
      readonly apiKey: string | undefined;
    }
  | {
      readonly kind: 'tls';
      readonly address: string;
      readonly port: number;
      /** What the certificate of the server has to be for; without it, the address. */
      readonly serverName: string | undefined;
      readonly trust: ServerTrust;
      readonly identity: Identity | undefined;
      readonly apiKey: string | undefined;
    };

/** As people write it: the path of the socket, else `host:port` or `[::1]:port`. */
export function describeTarget(target: Target): string {
  if (target.kind === 'socket') return target.socketPath;
  return `${target.address.includes(':') ? `[${target.address}]` : target.address}:${target.port}`;
}
