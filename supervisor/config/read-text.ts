// Reads one file whole, within limits: a regular file, at most 1 MiB, UTF-8. Never blocks on a pipe, never throws.
import { constants, open, type FileHandle } from 'node:fs/promises';
import { wholeFile, type Diagnostic, type Finding } from './diagnostic.ts';
import { createSource, diagnose, type Source } from './source.ts';

const MAX_FILE_BYTES = 1 << 20;

export type ReadText =
  | { readonly kind: 'read'; readonly source: Source }
  /** There is no such file. */
  | { readonly kind: 'missing'; readonly diagnostic: Diagnostic }
  | { readonly kind: 'refused'; readonly diagnostic: Diagnostic };

/** `label` is the file's name in diagnostics. */
export async function readText(path: string, label: string): Promise<ReadText> {
  try {
    // O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return await readOpen(handle, label);
  } catch (error) {
    const kind = errorCode(error) === 'ENOENT' ? 'missing' : 'refused';
    return { kind, diagnostic: wholeFile(label, explainFileError(error)) };
  }
}

async function readOpen(handle: FileHandle, label: string): Promise<ReadText> {
  const found = await handle.stat();
  if (!found.isFile())
    return refused(label, 'is not a regular file', 'Remove it, or put a file in its place.');
  const buffer = Buffer.allocUnsafe(Math.min(found.size, MAX_FILE_BYTES) + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
    if (bytesRead === 0) return decode(buffer.subarray(0, length), label);
    length += bytesRead;
  }
  if (length > MAX_FILE_BYTES)
    return refused(label, 'is larger than 1 MiB', 'A configuration file is not that large: check the name.');
  return refused(label, 'changed while it was read', 'Write it to a temporary name and rename it.');
}

function refused(label: string, message: string, remedy: string): ReadText {
  return { kind: 'refused', diagnostic: wholeFile(label, { key: '', message, remedy }) };
}

function decode(bytes: Buffer, label: string): ReadText {
  // A byte order mark is dropped by the decoder; invalid bytes become U+FFFD.
  const text = new TextDecoder('utf-8').decode(bytes);
  const source = createSource(label, text);
  const at = text.indexOf('\ufffd');
  // U+FFFD may have been written as such: EF BF BD.
  if (at < 0 || isValidUtf8(bytes)) return { kind: 'read', source };
  const finding = { key: '', message: 'is not valid UTF-8', remedy: 'Save the file as UTF-8.' };
  return { kind: 'refused', diagnostic: diagnose(source, { start: at, end: at + 1 }, finding) };
}

function isValidUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

export function explainFileError(error: unknown): Finding {
  const known = FILE_ERRORS.get(errorCode(error));
  if (known !== undefined) return { key: '', ...known };
  const reason = error instanceof Error ? error.message : String(error);
  return { key: '', message: `cannot be read: ${reason}`, remedy: 'Check the path and its permissions.' };
}

const FILE_ERRORS = new Map([
  ['ENOENT', { message: 'does not exist', remedy: 'Check the path.' }],
  [
    'ENOTDIR',
    { message: 'is not a directory, or lies below something that is none', remedy: 'Check the path.' },
  ],
  [
    'EACCES',
    {
      message: 'may not be read by this user',
      remedy: 'Check the owner and the mode, also of the directories above it.',
    },
  ],
  ['EISDIR', { message: 'is a directory, not a file', remedy: 'Remove it, or put a file in its place.' }],
  ['ELOOP', { message: 'is a symbolic link that leads round in a circle', remedy: 'Correct the link.' }],
]);
