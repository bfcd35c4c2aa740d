// Runs dockerd as its child, and cleans up after it. Writes one line to stdout when the engine answers. It ends on SIGTERM, or
// with `--while-stdin` as soon as stdin ends: so an engine that belongs to a test run ends with it, however that ends.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';

import { answers, engineDirectory, place } from './engine-place.mjs';
import { removeLeftovers } from './leftovers.mjs';
import { rememberNetwork } from './network-state.mjs';

const POLL_MS = 50;
const START_DEADLINE_MS = 30_000;
/** dockerd gives its containers 10 s of their own on the way. */
const STOP_DEADLINE_MS = 20_000;

let stopping = false;

removeLeftovers();
mkdirSync(engineDirectory, { recursive: true, mode: 0o711 });
rememberNetwork(place.networkBefore);
writeFileSync(place.keeperPidFile, String(process.pid));
const dockerd = startDockerd();
const ended = new Promise((resolve) => {
  dockerd.on('error', () => resolve(1));
  dockerd.on('exit', (code) => resolve(code ?? 1));
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, stop);
// The reader of the one line may have gone.
process.stdout.on('error', () => {});
if (process.argv.includes('--while-stdin')) {
  process.stdin.on('end', stop);
  process.stdin.on('error', stop);
  process.stdin.resume();
}
void sayWhenReady();

const code = await ended;
removeLeftovers();
process.exit(stopping ? 0 : code || 1);

function startDockerd() {
  const log = openSync(place.log, 'w');
  const args = [
    ...[`--data-root=${place.data}`, `--exec-root=${place.execRoot}`, `--pidfile=${place.pidFile}`],
    ...['-H', `unix://${place.socket}`, '--storage-driver=overlay2', '--log-level=warn'],
  ];
  // PR_SET_PDEATHSIG, prctl(2): dockerd ends also when this process is killed.
  const tied = ['--pdeathsig', 'TERM', 'dockerd', ...args];
  return spawn('setpriv', tied, { stdio: ['ignore', log, log], detached: true });
}

async function sayWhenReady() {
  const deadlineMs = performance.now() + START_DEADLINE_MS;
  while (!stopping && !(await answers(place.socket))) {
    if (performance.now() > deadlineMs) return stop();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  if (!stopping) process.stdout.write('ready\n');
}

function stop() {
  if (stopping) return;
  stopping = true;
  removeContainers();
  dockerd.kill('SIGTERM');
  setTimeout(() => dockerd.kill('SIGKILL'), STOP_DEADLINE_MS).unref();
}

/** What a test run that was killed has left. dockerd would wait for each, and would start them again next time. */
function removeContainers() {
  const env = { ...process.env, DOCKER_HOST: `unix://${place.socket}` };
  const options = { env, encoding: 'utf8', timeout: STOP_DEADLINE_MS };
  const docker = (...args) => spawnSync('docker', args, options).stdout ?? '';
  const containers = docker('ps', '-aq').split('\n').filter(Boolean);
  if (containers.length > 0) docker('rm', '-f', '-v', ...containers);
  docker('network', 'prune', '-f');
}
