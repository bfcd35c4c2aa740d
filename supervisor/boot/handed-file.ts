// How a snapshot gets from one process image to the next, or to a rehearsal: a file in memory whose descriptor is inherited, and an
// environment variable that tells its number. No service ever sees either.
import { closeSync, fstatSync, readSync, writeSync } from 'node:fs';
import type { Errno, ImageCalls } from '../os/system-calls.ts';

export const SNAPSHOT_VARIABLE = 'BOSUN_SNAPSHOT';

export type MemoryFile =
  | { readonly kind: 'written'; readonly fd: number }
  | { readonly kind: 'failed'; readonly call: string; readonly errno: Errno };

export function writeMemoryFile(image: Pick<ImageCalls, 'memoryFile'>, bytes: Buffer): MemoryFile {
  const made = image.memoryFile('bosun-snapshot');
  if (!made.ok) return { kind: 'failed', call: 'memfd_create(2)', errno: made.errno };
  const fd = made.value;
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, at);
    return { kind: 'written', fd };
  } catch (error) {
    closeSync(fd);
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
    return { kind: 'failed', call: 'write(2)', errno };
  }
}

/** Closes it too. */
export function readMemoryFile(fd: number): Buffer {
  const bytes = Buffer.alloc(fstatSync(fd).size);
  for (let at = 0; at < bytes.length;) {
    const length = readSync(fd, bytes, at, bytes.length - at, at);
    if (length === 0) break;
    at += length;
  }
  closeSync(fd);
  return bytes;
}

/** The descriptor that was handed to us, which nobody else is told of. */
export function takeHandedDescriptor(environment: NodeJS.ProcessEnv): number | undefined {
  const text = environment[SNAPSHOT_VARIABLE];
  Reflect.deleteProperty(environment, SNAPSHOT_VARIABLE);
  return text === undefined || !/^\d{1,9}$/.test(text) ? undefined : Number(text);
}
