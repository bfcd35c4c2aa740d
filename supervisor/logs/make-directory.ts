// Makes a directory with its parents, without waiting. Not by Node's own recursive mkdir, which says that it has made one where mkdir(2) says
// ENOENT although the parent is there, as in /proc (Node 26.10).
import { dirname } from 'node:path';

type Mkdir = (path: string, mode: number) => void;

/** That of the parents that are made; umask(2) takes its part. */
const PARENT_MODE = 0o755;

/** Throws the errors of mkdir(2), but that of a directory that is there. */
export function makeDirectory(path: string, mode: number, mkdir: Mkdir): void {
  try {
    makeOne(path, mode, mkdir);
  } catch (error) {
    if (!isError(error, 'ENOENT') || dirname(path) === path) throw error;
    makeDirectory(dirname(path), PARENT_MODE, mkdir);
    makeOne(path, mode, mkdir);
  }
}

function makeOne(path: string, mode: number, mkdir: Mkdir): void {
  try {
    mkdir(path, mode);
  } catch (error) {
    if (!isError(error, 'EEXIST')) throw error;
  }
}

function isError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
