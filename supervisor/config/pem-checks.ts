// Whether the PEM files of the listeners are there and hold what they should. One that is not there yet is only told: a service of
// this very container may be about to write it, and the listener waits for it.
import { open } from 'node:fs/promises';
import { constants } from 'node:fs';
import { resolve } from 'node:path';
import type { ListenerFile, ListenersFile } from './listener-schema.ts';
import type { ListenerFinding } from './listener-specs.ts';
import { quote } from './parsed.ts';
import type { Path } from './plain-value.ts';

type PemUse = { readonly path: Path; readonly file: string; readonly label: RegExp; readonly what: string };

const CERTIFICATE = { label: /^-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/m, what: 'certificate' };
const PRIVATE_KEY = { label: /^-----BEGIN [A-Z ]*PRIVATE KEY-----/m, what: 'private key' };
const REVOCATION_LIST = { label: /^-----BEGIN X509 CRL-----/m, what: 'revocation list' };
const MOST_BYTES = 1 << 20;

/** `directory`: that of bosun.yaml. */
export async function checkPemFiles(
  listeners: ListenersFile,
  directory: string,
): Promise<readonly ListenerFinding[]> {
  const uses = Object.entries(listeners).flatMap(([name, file]) => usesIn(name, file));
  const found = await Promise.all(uses.map(async (use) => await check(use, resolve(directory, use.file))));
  return found.flat();
}

function usesIn(name: string, { tls, clients }: ListenerFile): readonly PemUse[] {
  const at = (...path: Path): Path => ['listeners', name, ...path];
  const own = tls && [
    { path: at('tls', 'certificate'), file: tls.certificate, ...CERTIFICATE },
    { path: at('tls', 'key'), file: tls.key, ...PRIVATE_KEY },
  ];
  const theirs = clients && [
    { path: at('clients', 'certificate_authority'), file: clients.certificate_authority, ...CERTIFICATE },
    ...clients.revocation_lists.map((file, index) => ({
      path: at('clients', 'revocation_lists', index),
      file,
      ...REVOCATION_LIST,
    })),
  ];
  return [...(own ?? []), ...(theirs ?? [])];
}

async function check({ path, label, what }: PemUse, file: string): Promise<readonly ListenerFinding[]> {
  const remedy = `Name a PEM file with a ${what}.`;
  try {
    // O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
    if (label.test(buffer.toString('latin1', 0, bytesRead))) return [];
    return [{ path, message: `${quote(file)} holds no ${what} in PEM form`, remedy }];
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code !== 'ENOENT' && code !== 'ENOTDIR')
      return [
        {
          path,
          message: `${quote(file)} cannot be read: ${code}`,
          remedy: `${remedy} Bosun's user has to be able to read it.`,
        },
      ];
    const message = `there is no file ${quote(file)} yet`;
    return [
      { severity: 'warning', path, message, remedy: `The listener waits until it is there. ${remedy}` },
    ];
  }
}
