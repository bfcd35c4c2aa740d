// What C programs are given as argv and as their environment: a NULL-terminated array of strings. Knows node:ffi, as every libc-*.ts does.
import { getRawPointer } from 'node:ffi';

/** With the strings behind the array in the same memory, so that one reference keeps all of it alive during the call. */
export function packStrings(strings: readonly string[]): Buffer {
  const encoded = strings.map((text) => Buffer.from(text + '\0'));
  const tableBytes = 8 * (strings.length + 1);
  const packed = Buffer.allocUnsafeSlow(tableBytes + encoded.reduce((sum, bytes) => sum + bytes.length, 0));
  const base = getRawPointer(packed);
  let offset = tableBytes;
  encoded.forEach((bytes, index) => {
    packed.writeBigUInt64LE(base + BigInt(offset), 8 * index);
    offset += bytes.copy(packed, offset);
  });
  packed.writeBigUInt64LE(0n, 8 * strings.length);
  return packed;
}

export function packEnvironment(environment: Readonly<Record<string, string>>): Buffer {
  return packStrings(Object.entries(environment).map(([name, value]) => `${name}=${value}`));
}
