// The API keys on the disk: `api-keys.json` with the hash of each, `api-key` with the first one in the clear, both for Bosun's user
// only. A file is replaced whole by rename(2). One that cannot be understood is never written over.
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../make-directory.ts';
import type { KeyRecord } from './key-file-schema.ts';

export type KeyFileReading =
  | { readonly kind: 'read'; readonly keys: readonly KeyRecord[] }
  | { readonly kind: 'missing' }
  | { readonly kind: 'broken'; readonly reason: string };

const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

export class KeyFile {
  readonly path: string;
  readonly firstKeyPath: string;
  readonly #directory: string;

  constructor(stateDir: string) {
    this.#directory = stateDir;
    this.path = join(stateDir, 'api-keys.json');
    this.firstKeyPath = join(stateDir, 'api-key');
  }

  /** Never rejects. */
  async read(): Promise<KeyFileReading> {
    try {
      const text = await readFile(this.path, 'utf8');
      // Loaded here: a control plane without keys does not pay for the schema.
      const { parseKeyFile } = await import('./key-file-schema.ts');
      const parsed = parseKeyFile(JSON.parse(text));
      return parsed.kind === 'ok' ? { kind: 'read', keys: parsed.keys } : this.#broken(parsed.reason);
    } catch (error) {
      return isMissing(error) ? { kind: 'missing' } : this.#broken(messageOf(error));
    }
  }

  #broken(why: string): KeyFileReading {
    return { kind: 'broken', reason: `${this.path}: ${why}` };
  }

  /** Rejects when it cannot be written; the old one is then as it was. */
  async write(keys: readonly KeyRecord[]): Promise<void> {
    await this.#replace(this.path, `${JSON.stringify({ version: 1, keys }, undefined, 2)}\n`);
  }

  async writeFirstKey(key: string): Promise<void> {
    await this.#replace(this.firstKeyPath, `${key}\n`);
  }

  /** Undefined when there is none, or it cannot be read. */
  async readFirstKey(): Promise<string | undefined> {
    const text = await readFile(this.firstKeyPath, 'utf8').catch(() => undefined);
    return text?.trim();
  }

  async #replace(path: string, text: string): Promise<void> {
    await makeDirectory(this.#directory, PRIVATE_DIRECTORY);
    const fresh = `${path}.new`;
    // A leftover may have been made with another mode; open(2) would keep that.
    await rm(fresh, { force: true });
    {
      await using file = await open(fresh, 'wx', PRIVATE_FILE);
      await file.writeFile(text);
      await file.sync();
    }
    await rename(fresh, path);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
