// Certificates for a test, made by openssl(1) in a directory of the test's own and gone with it.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export type KeyPair = { readonly key: string; readonly cert: string };

export class Certificates implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'bosun-certificates-'));

  path(name: string): string {
    return join(this.directory, name);
  }

  /** A certificate authority, in NAME.pem. */
  async authority(name: string): Promise<void> {
    await this.#openssl('req', '-x509', ...NEW_KEY, ...this.#out(name), '-days', '2', '-subj', `/CN=${name}`);
  }

  /** Signed by that authority, for these names and addresses such as `DNS:localhost`. */
  async server(authority: string, names: readonly string[]): Promise<KeyPair> {
    const request = this.path('request');
    writeFileSync(this.path('names'), `subjectAltName=${names.join(',')}\n`);
    await this.#openssl(
      'req',
      ...NEW_KEY,
      '-keyout',
      this.path('server.key'),
      '-out',
      request,
      '-subj',
      '/CN=x',
    );
    const signer = ['-CA', this.path(`${authority}.pem`), '-CAkey', this.path(`${authority}.key`)];
    const signed = ['-days', '2', '-extfile', this.path('names'), '-out', this.path('server.pem')];
    await this.#openssl('x509', '-req', '-in', request, ...signer, '-CAcreateserial', ...signed);
    return { key: this.#read('server.key'), cert: this.#read('server.pem') };
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }

  #out(name: string): readonly string[] {
    return ['-keyout', this.path(`${name}.key`), '-out', this.path(`${name}.pem`)];
  }

  #read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  async #openssl(...args: readonly string[]): Promise<void> {
    await run('openssl', args);
  }
}
