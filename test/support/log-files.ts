// The log files of a service as they lie in its directory, oldest line first; compressed ones are opened.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { CURRENT_LOG, parseRotatedName, type RotatedName } from '../../supervisor/core/log-file-name.ts';

const OPEN = {
  plain: (bytes: Buffer): Buffer => bytes,
  gzip: gunzipSync,
  zstd: zstdDecompressSync,
} as const;

/** The control plane may be compressing them: no file is missed, and none given twice. */
export function* logFiles(directory: string): Generator<Buffer> {
  const numbers = new Set(rotatedIn(directory).map(({ number }) => number));
  for (const number of [...numbers].sort((a, b) => a - b)) yield contentOf(directory, number);
  yield readFileSync(join(directory, CURRENT_LOG));
}

/** The newest one first. */
export function* newestLogs(directory: string): Generator<Buffer> {
  yield readFileSync(join(directory, CURRENT_LOG));
  const numbers = new Set(rotatedIn(directory).map(({ number }) => number));
  for (const number of [...numbers].sort((a, b) => b - a)) yield contentOf(directory, number);
}

export function countRotated(directory: string): number {
  return new Set(rotatedIn(directory).map(({ number }) => number)).size;
}

function rotatedIn(directory: string): readonly RotatedName[] {
  return readdirSync(directory)
    .flatMap((name) => parseRotatedName(name) ?? [])
    .filter(({ state }) => state === 'whole');
}

function contentOf(directory: string, number: number): Buffer {
  for (;;) {
    const file = rotatedIn(directory).find((rotated) => rotated.number === number);
    if (file === undefined) throw new Error(`${directory} has no file ${number} any more`);
    try {
      return OPEN[file.form](readFileSync(join(directory, file.name)));
    } catch (error) {
      // It was put aside for its compressed form in this moment.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
}
