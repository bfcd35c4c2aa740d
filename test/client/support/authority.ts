// A certificate authority of a test's own, made by openssl(1), and what it signs: servers and clients as seed 002 has them, in
// files (for bosunctl) and as text (for the library).
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export type Issued = {
  readonly certificatePath: string;
  readonly keyPath: string;
  readonly certificate: string;
  readonly key: string;
};

export type Issue = {
  /** Such as `/CN=server`. */
  readonly subject: string;
  /** Such as `DNS:localhost`. */
  readonly names?: readonly string[];
  /** Negative: it has expired. */
  readonly days?: number;
};

export class Authority implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'bosun-authority-'));
  readonly path = join(this.directory, 'authority.pem');
  readonly #key = join(this.directory, 'authority.key');
  #count = 0;

  static async create(name = 'authority'): Promise<Authority> {
    const made = new Authority();
    const out = ['-keyout', made.#key, '-out', made.path];
    await run('openssl', ['req', '-x509', ...NEW_KEY, ...out, '-days', '2', '-subj', `/CN=${name}`]);
    return made;
  }

  get pem(): string {
    return readFileSync(this.path, 'utf8');
  }

  async issue({ subject, names = [], days = 2 }: Issue): Promise<Issued> {
    this.#count += 1;
    const place = join(this.directory, String(this.#count));
    const [request, keyPath, certificatePath] = [`${place}.csr`, `${place}.key`, `${place}.pem`];
    await run('openssl', ['req', ...NEW_KEY, '-keyout', keyPath, '-out', request, '-subj', subject]);
    const extensions = `${place}.ext`;
    writeFileSync(extensions, names.length === 0 ? '' : `subjectAltName=${names.join(',')}\n`);
    const signer = ['-CA', this.path, '-CAkey', this.#key, '-set_serial', String(this.#count)];
    const signed = ['-days', String(days), '-extfile', extensions, '-out', certificatePath];
    await run('openssl', ['x509', '-req', '-in', request, ...signer, ...signed]);
    const [certificate, key] = [readFileSync(certificatePath, 'utf8'), readFileSync(keyPath, 'utf8')];
    return { certificatePath, keyPath, certificate, key };
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }
}
