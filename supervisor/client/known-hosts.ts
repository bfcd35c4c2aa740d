// Trust on first use: the fingerprints of the servers that were seen, one a line, in a file like ssh's known_hosts. The first
// line of a server counts. It only ever grows by one write at its end (O_APPEND, open(2)), so no line of another is lost.
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BosunUnreachable } from './failure.ts';
import type { ServerTrust, Target } from './target.ts';

type FirstUse = Extract<ServerTrust, { kind: 'first-use' }>;
type TlsTarget = Extract<Target, { kind: 'tls' }>;

const LINE = /^(\[\S+\]:\d+) (sha256:[0-9A-F:]{95})$/;

/** `fingerprint`: as Node has it, `AB:CD...`. Rejects with BosunUnreachable when another one is known. */
export async function trustFirstUse(
  target: TlsTarget,
  { knownHosts, onFirstUse }: FirstUse,
  fingerprint: string | undefined,
): Promise<void> {
  if (fingerprint === undefined)
    throw new BosunUnreachable(target, {
      code: 'certificate-untrusted',
      reason: 'the server has no certificate',
    });
  const host = `[${target.address}]:${target.port}`;
  const shown = `sha256:${fingerprint}`;
  try {
    const known = await find(knownHosts, host);
    if (known === undefined) await append(knownHosts, `${host} ${shown}\n`);
    // Looked up again: of two first uses at the same time, one was the first.
    checkSame(target, knownHosts, known ?? (await find(knownHosts, host)), shown);
    if (known === undefined) onFirstUse?.(shown);
  } catch (error) {
    if (error instanceof BosunUnreachable) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const reason = `what is known of the server cannot be read or kept: ${why}`;
    throw new BosunUnreachable(target, { code: 'known-hosts', reason }, { cause: error });
  }
}

function checkSame(target: TlsTarget, file: string, known: string | undefined, shown: string): void {
  if (known === shown) return;
  const reason =
    `THE CERTIFICATE OF THE SERVER HAS CHANGED. Somebody may be between you and it, or it has a new one. ` +
    `It shows ${shown}, and ${known ?? 'nothing'} is in ${file}`;
  throw new BosunUnreachable(target, { code: 'fingerprint-changed', reason });
}

/** A line that cannot be read may be that of this server: then nobody is trusted. */
async function find(file: string, host: string): Promise<string | undefined> {
  const lines = (await readOrNothing(file)).split('\n');
  for (const [index, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name, fingerprint] = LINE.exec(line) ?? [];
    if (name === undefined)
      throw new Error(`${file}:${index + 1}: this is no line of "[host]:port sha256:..."`);
    if (name === host) return fingerprint;
  }
  return undefined;
}

async function readOrNothing(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

async function append(file: string, line: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await using handle = await open(file, 'a', 0o600);
  const { bytesWritten } = await handle.write(line);
  if (bytesWritten < Buffer.byteLength(line)) throw new Error(`${file}: the disk is full`);
  await handle.sync();
}
