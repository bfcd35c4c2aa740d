// The files of an application channel: the key, and the authorities. Read each time, so that what is replaced is used at once; bounded, and
// never waiting for a FIFO that nobody writes to.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ApplicationSpec } from '../../core/application-spec.ts';
import { failed, type ChannelFailure } from './channel-failure.ts';

const MOST_KEY_BYTES = 8192;
const MOST_AUTHORITY_BYTES = 1_048_576;
/** What a header may hold, RFC 9110, section 5.5: visible, so that no stray control character passes for a part of the key. */
const KEY = /^[\x21-\x7e]{1,4096}$/;

export type ChannelFiles = { readonly kind: 'read'; readonly key: string; readonly authority: string };

/** Never rejects. */
export async function readChannelFiles({
  keyFile,
  authorityFile,
}: ApplicationSpec): Promise<ChannelFiles | ChannelFailure> {
  try {
    const key = (await readBounded(keyFile, MOST_KEY_BYTES)).trim();
    if (!KEY.test(key)) return unusable(`the key file ${keyFile} ${describeKey(key)}`);
    const authority = authorityFile === '' ? '' : await readBounded(authorityFile, MOST_AUTHORITY_BYTES);
    // OpenSSL takes a text without any in silence, and refuses every certificate then.
    if (authorityFile !== '' && !authority.includes('-----BEGIN CERTIFICATE-----'))
      return unusable(`the authority file ${authorityFile} holds no certificate in PEM form`);
    return { kind: 'read', key, authority };
  } catch (error) {
    return unusable(error instanceof Error ? error.message : 'a file cannot be read');
  }
}

function unusable(reason: string): ChannelFailure {
  return failed('application-file-unusable', reason);
}

function describeKey(key: string): string {
  return key === '' ? 'is empty' : 'does not hold one line of visible ASCII characters';
}

async function readBounded(path: string, most: number): Promise<string> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) throw new Error('is no regular file');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(most + 1), 0, most + 1, 0);
    if (bytesRead > most) throw new Error(`is longer than ${most} bytes`);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    const isErrno = error instanceof Error && 'code' in error;
    const why = isErrno ? `cannot be read: ${String(error.code)}` : messageOf(error);
    throw new Error(`${path} ${why}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
