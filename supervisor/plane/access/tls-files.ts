// The PEM files of a listener, read and tried: a key that does not go with its certificate, or a list of authorities without one, is
// found here and not at the next handshake.
import { constants, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { ListenerAuthentication } from '../../core/control-access.ts';
import { messageOf } from './key-file.ts';

/** All of it may be put into `server.setSecureContext`. */
export type TlsMaterial = {
  readonly options: SecureContextOptions;
  readonly certificate: X509Certificate;
  /** Whom to trust, as text: a change of it concerns those who are connected. */
  readonly trust: string;
};

export type TlsReading =
  | { readonly kind: 'read'; readonly material: TlsMaterial; readonly text: string }
  | { readonly kind: 'broken'; readonly reason: string };

export type TlsPaths = {
  readonly certificate: string;
  readonly key: string;
  readonly certificateAuthority: string | undefined;
  readonly revocationLists: readonly string[];
};

/** Undefined: it is a listener without TLS. */
export function tlsPathsOf(authentication: ListenerAuthentication): TlsPaths | undefined {
  if (authentication.server === undefined) return undefined;
  const isMutual = authentication.kind === 'certificate';
  return {
    ...authentication.server,
    certificateAuthority: isMutual ? authentication.certificateAuthority : undefined,
    revocationLists: isMutual ? authentication.revocationLists : [],
  };
}

export function allPaths(paths: TlsPaths): readonly string[] {
  const { certificate, key, certificateAuthority, revocationLists } = paths;
  const authority = certificateAuthority === undefined ? [] : [certificateAuthority];
  return [certificate, key, ...authority, ...revocationLists];
}

/** Never rejects. */
export async function readTls(paths: TlsPaths): Promise<TlsReading> {
  try {
    const cert = await readPem(paths.certificate, CERTIFICATE);
    const key = await readPem(paths.key, PRIVATE_KEY);
    const ca = paths.certificateAuthority && (await readPem(paths.certificateAuthority, CERTIFICATE));
    const lists = await Promise.all(paths.revocationLists.map((path) => readPem(path, REVOCATION_LIST)));
    // OpenSSL reads one list of each text.
    const crl = lists.flatMap((text) => text.match(REVOCATION_LIST.block) ?? []);
    const options: SecureContextOptions = {
      cert,
      key,
      minVersion: 'TLSv1.3',
      // A session that is resumed by its ticket shows no certificate, so nobody would see that it was revoked meanwhile.
      secureOptions: constants.SSL_OP_NO_TICKET,
      ...(ca === undefined ? {} : { ca }),
      ...(crl.length === 0 ? {} : { crl }),
    };
    createSecureContext(options);
    const trust = [ca ?? '', ...lists].join('\n');
    const material = { options, certificate: new X509Certificate(cert), trust };
    return { kind: 'read', material, text: [cert, key, trust].join('\n') };
  } catch (error) {
    return { kind: 'broken', reason: messageOf(error) };
  }
}

type PemKind = { readonly what: string; readonly block: RegExp };

const CERTIFICATE: PemKind = { what: 'a certificate', block: blockOf('(?:X509 |TRUSTED )?CERTIFICATE') };
const PRIVATE_KEY: PemKind = { what: 'a private key', block: blockOf('[A-Z ]*PRIVATE KEY') };
const REVOCATION_LIST: PemKind = { what: 'a revocation list', block: blockOf('X509 CRL') };

function blockOf(label: string): RegExp {
  return new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`, 'g');
}

/** OpenSSL takes a text without any in silence, and then trusts nobody. */
async function readPem(path: string, { what, block }: PemKind): Promise<string> {
  const text = await readFile(path, 'utf8');
  if (text.search(block) < 0) throw new Error(`${path} does not hold ${what} in PEM form`);
  return text;
}
