// Makes the compressed form of one rotated log file, with the mode, the owner and the times of the plain one, in its place.
import { constants } from 'node:fs';
import { lstat, open, rename, rm, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants as zlib, createGzip, createZstdCompress } from 'node:zlib';
import { compressedName, UNFINISHED_SUFFIX, type LogFileForm } from '../../core/log-file-name.ts';

export type CompressedForm = Exclude<LogFileForm, 'plain'>;

/** O_NONBLOCK: a FIFO of that name does not make the thread pool wait. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const CHUNK_BYTES = 65_536;

/** Resolves to the name of what it has made. Rejects with the errors of open(2), write(2), fchown(2); then nothing has changed. */
export async function compressFile(
  directory: string,
  name: string,
  form: CompressedForm,
  signal: AbortSignal,
): Promise<string> {
  const target = compressedName(name, form);
  const unfinished = join(directory, target + UNFINISHED_SUFFIX);
  await using source = await open(join(directory, name), READ);
  const made = await open(unfinished, CREATE, 0o600);
  try {
    try {
      await fill(made, source, form, signal);
    } finally {
      await made.close();
    }
    await refuseUnlessThere(join(directory, name), source);
    await rename(unfinished, join(directory, target));
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await unlink(join(directory, name));
  return target;
}

async function fill(
  made: FileHandle,
  source: FileHandle,
  form: CompressedForm,
  signal: AbortSignal,
): Promise<void> {
  const before = await source.stat();
  if (!before.isFile()) throw Object.assign(new Error('it is not a regular file'), { code: 'EINVAL' });
  await giveTo(made, before.uid, before.gid);
  await made.chmod(before.mode & 0o7777);
  await pipeline(
    piecesOf(source),
    compressor(form),
    (compressed: AsyncIterable<Uint8Array>) => made.writeFile(compressed),
    { signal },
  );
  const { size } = await source.stat();
  if (size !== before.size) throw Object.assign(new Error('it is still written to'), { code: 'EBUSY' });
  await made.utimes(before.atime, before.mtime);
}

/** All in the same memory: the next is asked for when the compressor is done with the one before. */
async function* piecesOf(source: FileHandle): AsyncGenerator<Uint8Array> {
  const piece = Buffer.allocUnsafe(CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await source.read(piece, 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return;
    yield piece.subarray(0, bytesRead);
  }
}

async function giveTo(made: FileHandle, uid: number, gid: number): Promise<void> {
  const own = await made.stat();
  if (own.uid !== uid || own.gid !== gid) await made.chown(uid, gid);
}

/** It takes one piece at a time. Both forms tell of damage: gzip always has a sum. */
function compressor(form: CompressedForm): Transform {
  const options = { chunkSize: CHUNK_BYTES, writableHighWaterMark: 1 };
  if (form === 'gzip') return createGzip(options);
  return createZstdCompress({ ...options, params: { [zlib.ZSTD_c_checksumFlag]: 1 } });
}

/** Else retention has removed it, and its lines are not to come back. */
async function refuseUnlessThere(path: string, source: FileHandle): Promise<void> {
  const [there, opened] = [await lstat(path, { bigint: true }), await source.stat({ bigint: true })];
  if (there.ino === opened.ino && there.dev === opened.dev) return;
  throw Object.assign(new Error('another file is in its place'), { code: 'ENOENT' });
}
