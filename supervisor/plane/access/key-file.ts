// The API keys on the disk: `api-keys.json` with the hash of each, `api-key` with the first one in the clear, both for Bosun's user
// only. A file is replaced whole by rename(2). One that cannot be understood is never written over.
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ROLES } from '../../core/control-access.ts';

const keyRecord = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{8}$/),
  name: z.string(),
  role: z.enum(ROLES),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  created: z.iso.datetime(),
  expires: z.iso.datetime().nullable(),
});
const keyFile = z.strictObject({ version: z.literal(1), keys: z.array(keyRecord) });

export type KeyRecord = z.infer<typeof keyRecord>;

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
      const parsed = keyFile.safeParse(JSON.parse(await readFile(this.path, 'utf8')));
      if (parsed.success) return { kind: 'read', keys: parsed.data.keys };
      return { kind: 'broken', reason: `${this.path}: ${z.prettifyError(parsed.error)}` };
    } catch (error) {
      if (isMissing(error)) return { kind: 'missing' };
      return { kind: 'broken', reason: `${this.path}: ${messageOf(error)}` };
    }
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
    await mkdir(this.#directory, { recursive: true, mode: PRIVATE_DIRECTORY });
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
