// gunicorn, uvicorn and FastAPI, which the SUT backend runs on: Debian's own packages when this is root on Debian,
// else a virtual environment in the cache with pinned versions.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { installAptPackages } from './apt-install.mjs';
import { cached, cachePath, isCached } from './cache.mjs';
import { findExecutable } from './find-executable.mjs';
import { runCommand } from './run-command.mjs';
import { Unavailable } from './unavailable.mjs';

const DEBIAN_PACKAGES = ['gunicorn', 'python3-fastapi', 'python3-uvicorn'];
const DEBIAN_FILES = [
  '/usr/bin/gunicorn',
  ...['fastapi', 'uvicorn'].map((m) => `/usr/lib/python3/dist-packages/${m}`),
];
const PIP_PACKAGES = ['gunicorn==23.0.0', 'fastapi==0.115.11', 'uvicorn==0.32.0'];
const VENV = `python-${PIP_PACKAGES.join('-').replaceAll('==', '')}`;

/** The directory that holds `gunicorn`, or undefined when it has to be set up. */
export function findPythonStack() {
  if (DEBIAN_FILES.every((file) => existsSync(file))) return '/usr/bin';
  if (isCached(VENV)) return path.join(cachePath(VENV), 'bin');
  return undefined;
}

export async function setUpPythonStack(tell) {
  const problems = [];
  for (const way of [(tell) => installAptPackages(DEBIAN_PACKAGES, tell), createVenv]) {
    try {
      await way(tell);
      return;
    } catch (error) {
      problems.push(error.message);
    }
  }
  throw new Unavailable(problems.join('; '));
}

async function createVenv(tell) {
  const python = ['/usr/bin/python3', findExecutable('python3')].find((file) => file && existsSync(file));
  if (python === undefined) throw new Error('this machine has no python3');
  await cached(VENV, (directory) => fillVenv(python, directory, tell), tell);
}

async function fillVenv(python, directory, tell) {
  tell('creating a virtual environment');
  await runCommand(python, ['-m', 'venv', directory]);
  tell('pip install');
  await runCommand(path.join(directory, 'bin/python'), ['-m', 'pip', 'install', '-q', ...PIP_PACKAGES]);
  // The script that pip has written names the directory in which it was built, which is about to be renamed.
  const script = path.join(directory, 'bin/gunicorn');
  await writeFile(script, '#!/bin/sh\nexec "${0%/*}/python" -m gunicorn "$@"\n', { mode: 0o755 });
}
