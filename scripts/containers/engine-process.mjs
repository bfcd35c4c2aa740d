// Starts and stops the tests' own Docker engine. An engine that runs already, ours or the machine's, is used as it is.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { installAptPackages } from '../setup/apt-install.mjs';
import { findExecutable } from '../setup/find-executable.mjs';
import { withLock } from '../setup/lock.mjs';
import { Unavailable } from '../setup/unavailable.mjs';
import { answers, place } from './engine-place.mjs';
import { removeLeftovers } from './leftovers.mjs';

const MACHINE_SOCKET = '/var/run/docker.sock';
const KEEPER = fileURLToPath(new URL('keeper.mjs', import.meta.url));
const POLL_MS = 50;
const LOG_LINES = 5;

/** Each program and the package that has it in Debian. */
const PACKAGES = new Map([
  ['dockerd', ['docker.io']],
  ['docker', ['docker.io']],
  ['iptables', ['iptables']],
  ['ip', ['iproute2']],
  ['setpriv', ['util-linux']],
]);

/** DOCKER_HOST of an engine that answers now, or undefined. */
export async function runningEngine() {
  const named = /^unix:\/\/(.+)$/.exec(process.env.DOCKER_HOST ?? '')?.[1];
  for (const socket of [named, place.socket, MACHINE_SOCKET]) {
    if (socket !== undefined && (await answers(socket))) return `unix://${socket}`;
  }
  return undefined;
}

/**
 * Resolves to the DOCKER_HOST of an engine that answers, and to how to end what this call has started. `until` is `stopped`
 * (it stays) or `caller-ends` (it ends with this process at the latest).
 */
export function startEngine(tell, until) {
  return withLock(
    place.socket,
    async () => {
      const found = await runningEngine();
      if (found !== undefined) return { host: found, stop: () => Promise.resolve() };
      await installPrograms(tell);
      tell('starting');
      const stop = await startKeeper(until);
      return { host: `unix://${place.socket}`, stop };
    },
    () => tell('waiting for another setup'),
  );
}

/** Resolves to whether there was one. The machine's own engine is left alone. */
export async function stopEngine() {
  const pid = readPid(place.keeperPidFile);
  if (pid === undefined || !isKeeper(pid)) {
    // One that was killed took its engine with it, and cleaned up nothing.
    if (!(await answers(place.socket))) removeLeftovers();
    return false;
  }
  process.kill(pid, 'SIGTERM');
  while (isKeeper(pid)) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  return true;
}

async function installPrograms(tell) {
  if (process.getuid() !== 0) throw new Unavailable('only root can start a Docker engine, and none runs');
  const missing = [...PACKAGES].filter(([program]) => findExecutable(program) === undefined);
  const names = new Set(missing.flatMap(([, packages]) => packages));
  if (names.size > 0) await installAptPackages([...names], tell);
}

async function startKeeper(until) {
  const tied = until === 'caller-ends';
  const keeper = spawn(process.execPath, [KEEPER, ...(tied ? ['--while-stdin'] : [])], {
    stdio: [tied ? 'pipe' : 'ignore', 'pipe', 'ignore'],
    // A session of its own: a terminal's Ctrl-C ends the tests first, and the engine after them.
    detached: true,
  });
  const ended = new Promise((resolve) => keeper.on('exit', resolve));
  const ready = new Promise((resolve) => keeper.stdout.once('data', () => resolve('ready')));
  keeper.on('error', () => {});
  if ((await Promise.race([ready, ended])) !== 'ready') {
    throw new Unavailable(`dockerd does not run on this machine: ${lastWords()}`);
  }
  keeper.unref();
  keeper.stdout.destroy();
  keeper.stdin?.unref();
  return async () => {
    keeper.ref();
    keeper.kill('SIGTERM');
    await ended;
  };
}

function lastWords() {
  if (!existsSync(place.log)) return 'it could not be started';
  return readFileSync(place.log, 'utf8').trim().split('\n').slice(-LOG_LINES).join('\n');
}

function readPid(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The pid may be another process's by now. */
function isKeeper(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(KEEPER);
  } catch {
    return false;
  }
}
