// Where programs are kept between runs, outside the tree: $BOSUN_CACHE, else $XDG_CACHE_HOME/bosun, else ~/.cache/bosun.
// A directory in it is complete or not there: it is built beside and renamed, and only one process builds it at a time.
import { existsSync, rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { withLock } from './lock.mjs';

const ABANDONED_MS = 3_600_000;

export function cachePath(name) {
  return path.join(cacheDirectory(), `${process.platform}-${process.arch}`, name);
}

export function isCached(name) {
  return existsSync(cachePath(name));
}

/** The directory `name` of the cache; `build(directory, tell)` fills it when it is not there yet. */
export async function cached(name, build, tell) {
  const target = cachePath(name);
  if (!isCached(name)) {
    await withLock(
      target,
      () => publish(target, build, tell),
      () => tell('waiting for another setup'),
    );
  }
  return target;
}

async function publish(target, build, tell) {
  if (existsSync(target)) return;
  const parent = path.dirname(target);
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const fresh = await mkdtemp(path.join(parent, '.new-'));
  const removeFresh = () => rmSync(fresh, { recursive: true, force: true });
  process.once('exit', removeFresh);
  try {
    await build(fresh, tell);
    await chmod(fresh, 0o755);
    await rename(fresh, target);
  } finally {
    process.off('exit', removeFresh);
    removeFresh();
  }
}

/** What a setup that was killed has left. A fresh one may belong to a setup that runs now. */
async function removeAbandoned(parent) {
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith('.new-')) continue;
    const file = path.join(parent, entry);
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(file, { recursive: true, force: true });
  }
}

function cacheDirectory() {
  const { BOSUN_CACHE, XDG_CACHE_HOME } = process.env;
  if (BOSUN_CACHE) return path.resolve(BOSUN_CACHE);
  return path.join(XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'bosun');
}
