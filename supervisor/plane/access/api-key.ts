// One API key as text: `bosun_ID_SECRET`. The ID is public and names the key in lists and events; the SECRET, 32 random bytes,
// is never kept, only its hash. A hash without salt and rounds is enough: nobody guesses 256 random bits.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const ID_BYTES = 4;
const SECRET_BYTES = 32;
const KEY = /^bosun_([0-9a-f]{8})_[A-Za-z0-9_-]{43}$/;

export type MadeKey = { readonly id: string; readonly key: string; readonly sha256: string };

export function makeKey(isTaken: (id: string) => boolean): MadeKey {
  let id: string;
  do id = randomBytes(ID_BYTES).toString('hex');
  while (isTaken(id));
  const key = `bosun_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { id, key, sha256: hashOf(key).toString('hex') };
}

/** The public part; undefined when it cannot be a key of ours. */
export function idIn(key: string): string | undefined {
  return KEY.exec(key)?.[1];
}

/** In a time that does not depend on where they differ. */
export function isSame(key: string, sha256: string): boolean {
  return timingSafeEqual(hashOf(key), Buffer.from(sha256, 'hex'));
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
