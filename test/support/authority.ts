// A certificate authority for a test, run by openssl(1) in a directory of the test's own: it issues certificates with any dates,
// revokes them, and publishes the list.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export type Issued = {
  /** Paths. */
  readonly certificate: string;
  readonly key: string;
  readonly pem: { readonly cert: string; readonly key: string };
  /** Upper-case hexadecimal. */
  readonly serial: string;
};

export type Wish = {
  /** As openssl writes it: `/CN=alice/OU=observe`. */
  readonly subject: string;
  readonly from?: Date;
  readonly until?: Date;
  /** subjectAltName of a server. */
  readonly names?: string;
  readonly purpose?: 'clientAuth' | 'serverAuth';
};

export class Authority {
  readonly #directory: string;
  readonly #name: string;
  #issued = 0;

  private constructor(directory: string, name: string) {
    this.#directory = join(directory, name);
    this.#name = name;
  }

  static async create(directory: string, name: string): Promise<Authority> {
    const authority = new Authority(directory, name);
    await authority.#begin();
    return authority;
  }

  get certificate(): string {
    return this.#path('ca.crt');
  }

  async issue({ subject, from, until, names, purpose = 'clientAuth' }: Wish): Promise<Issued> {
    this.#issued += 1;
    const base = this.#path(`issued-${this.#issued}`);
    const extensions = [
      `extendedKeyUsage=${purpose}`,
      ...(names === undefined ? [] : [`subjectAltName=${names}`]),
    ];
    writeFileSync(`${base}.ext`, `${extensions.join('\n')}\n`);
    await run('openssl', [
      'req',
      ...NEW_KEY,
      '-keyout',
      `${base}.key`,
      '-out',
      `${base}.csr`,
      '-subj',
      '/CN=x',
    ]);
    const dates = [
      ...['-startdate', asn1Time(from ?? new Date(Date.now() - 3_600_000))],
      ...['-enddate', asn1Time(until ?? new Date(Date.now() + 86_400_000))],
    ];
    const out = ['-in', `${base}.csr`, '-out', `${base}.crt`, '-extfile', `${base}.ext`];
    await this.#ca('-batch', '-notext', '-subj', subject, ...dates, ...out);
    const { stdout } = await run('openssl', ['x509', '-in', `${base}.crt`, '-noout', '-serial']);
    return {
      certificate: `${base}.crt`,
      key: `${base}.key`,
      pem: { cert: readFileSync(`${base}.crt`, 'utf8'), key: readFileSync(`${base}.key`, 'utf8') },
      serial: stdout.trim().replace('serial=', ''),
    };
  }

  async revoke({ certificate }: Issued): Promise<void> {
    await this.#ca('-revoke', certificate);
  }

  /** The text of a revocation list that is good for a day. */
  async revocationList(): Promise<string> {
    await this.#ca('-gencrl', '-crldays', '1', '-out', this.#path('list.crl'));
    return readFileSync(this.#path('list.crl'), 'utf8');
  }

  async #begin(): Promise<void> {
    mkdirSync(this.#path('new'), { recursive: true });
    writeFileSync(this.#path('index.txt'), '');
    writeFileSync(this.#path('index.txt.attr'), 'unique_subject = no\n');
    writeFileSync(this.#path('serial'), 'A1B2C301\n');
    writeFileSync(this.#path('crlnumber'), '01\n');
    writeFileSync(
      this.#path('ca.cnf'),
      `[ca]\ndefault_ca = here\n[here]\ndatabase = ${this.#path('index.txt')}\nnew_certs_dir = ${this.#path('new')}\n` +
        `serial = ${this.#path('serial')}\ncrlnumber = ${this.#path('crlnumber')}\ndefault_md = sha256\npolicy = any\n` +
        '[any]\ncommonName = optional\norganizationalUnitName = optional\n',
    );
    const out = ['-keyout', this.#path('ca.key'), '-out', this.certificate];
    await run('openssl', ['req', '-x509', ...NEW_KEY, ...out, '-days', '2', '-subj', `/CN=${this.#name}`]);
  }

  async #ca(...words: readonly string[]): Promise<void> {
    const own = [
      '-config',
      this.#path('ca.cnf'),
      '-cert',
      this.certificate,
      '-keyfile',
      this.#path('ca.key'),
    ];
    await run('openssl', ['ca', ...own, ...words]);
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}

/** GeneralizedTime of RFC 5280, section 4.1.2.5.2. */
function asn1Time(date: Date): string {
  return date.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
}
