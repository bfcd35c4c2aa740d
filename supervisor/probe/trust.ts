// Whom an https probe trusts, as the options of tls.connect(3) that say it. The authorities are read once for each loop, and
// again after a certificate was refused, because they may have been replaced together.
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { ConnectionOptions, SecureContext } from 'node:tls';
import type { ProbeTls } from '../core/probe-spec.ts';
import { reasonOf } from './probe.ts';

export type TrustOptions = Pick<
  ConnectionOptions,
  'rejectUnauthorized' | 'servername' | 'checkServerIdentity' | 'secureContext'
>;

export class Trust {
  readonly #tls: ProbeTls;
  readonly #name: string;
  #authority: SecureContext | undefined;

  constructor(tls: ProbeTls, urlHost: string) {
    this.#tls = tls;
    this.#name = tls.verify === 'full' && tls.serverName !== '' ? tls.serverName : urlHost;
  }

  async options(): Promise<TrustOptions> {
    // Without a name of ours the one of a Host header is sent, if there is one: who serves several names needs it.
    if (this.#tls.verify === 'none') return { rejectUnauthorized: false };
    const { authorityFile } = this.#tls;
    const { checkServerIdentity } = await import('node:tls');
    const options: TrustOptions = {
      rejectUnauthorized: true,
      // What is sent along must not be an address, RFC 6066, section 3; the certificate may be for one.
      servername: isIP(this.#name) === 0 ? this.#name : '',
      checkServerIdentity: (_host, certificate) => checkServerIdentity(this.#name, certificate),
    };
    if (authorityFile === '') return options;
    this.#authority ??= await readAuthority(authorityFile);
    return { ...options, secureContext: this.#authority };
  }

  refused(): void {
    this.#authority = undefined;
  }
}

async function readAuthority(path: string): Promise<SecureContext> {
  const pem = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`cannot read the authority file ${path}: ${reasonOf(error)}`);
  });
  // OpenSSL takes a text without any in silence, and refuses every certificate then.
  if (!pem.includes('-----BEGIN CERTIFICATE-----'))
    throw new Error(`the authority file ${path} has no certificate in PEM form`);
  const { createSecureContext } = await import('node:tls');
  return createSecureContext({ ca: pem });
}
