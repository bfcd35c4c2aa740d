// Makes a directory with its parents. Not by Node's own recursive mkdir: where mkdir(2) says ENOENT although the parent is there, as in
// /proc, its asynchronous form tries for ever (Node 26.10) and its synchronous one says that it has made it.
import { mkdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** One that is there is left as it is. Throws the errors of mkdir(2). `mode` is that of each that is made. */
export function makeDirectorySync(path: string, mode: number): void {
  try {
    makeOneSync(path, mode);
  } catch (error) {
    if (!isError(error, 'ENOENT') || dirname(path) === path) throw error;
    makeDirectorySync(dirname(path), mode);
    makeOneSync(path, mode);
  }
}

/** The same; rejects. */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  try {
    await makeOne(path, mode);
  } catch (error) {
    if (!isError(error, 'ENOENT') || dirname(path) === path) throw error;
    await makeDirectory(dirname(path), mode);
    await makeOne(path, mode);
  }
}

function makeOneSync(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!isError(error, 'EEXIST')) throw error;
  }
}

async function makeOne(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (!isError(error, 'EEXIST')) throw error;
  }
}

function isError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
