// Has V8 compile what every boot runs, and keeps that beside the bundles: a Bosun with a small fleet is started out of them, asked a
// question by bosunctl, and stopped. Only what is run then is in the caches: what is not would make each boot slower.
import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { root } from '../setup/root.mjs';
import { ENTRIES } from './bundle.mjs';

const LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 20;

const FLEET = {
  first: 'command: [sleep, "1000"]\nreadiness: { exec: [true] }\n',
  second: 'command: [sleep, "1000"]\ndepends_on: [first]\nrestart: { policy: always }\n',
  third: 'command: [cat, /dev/null]\ntype: oneshot\ndepends_on: { first: { condition: service_started } }\n',
};

export async function recordCaches(lib, bin, node) {
  const place = await mkdtemp(path.join(os.tmpdir(), 'bosun-build-'));
  for (const name of Object.keys(ENTRIES)) await enter('recorder.cjs', lib, name);
  try {
    await record({ lib, bin, place, env: { ...process.env, BOSUN_NODE: node } });
  } finally {
    await rm(place, { recursive: true, force: true });
    await rm(path.join(lib, 'RECORD'), { force: true });
    for (const name of Object.keys(ENTRIES)) await enter('entry.cjs', lib, name);
  }
}

async function enter(program, lib, name) {
  await copyFile(path.join(root, 'scripts/build', program), path.join(lib, `${name}.cjs`));
}

async function record({ lib, bin, place, env }) {
  const services = path.join(place, 'services.d');
  await mkdir(services);
  for (const [name, text] of Object.entries(FLEET))
    await writeFile(path.join(services, `${name}.yaml`), text);
  const socket = path.join(place, 'bosun.sock');
  const control = (...words) => run(path.join(bin, 'bosunctl'), ['--socket', socket, ...words], env);
  const bosun = spawn(
    path.join(bin, 'bosun'),
    ['run', '-c', services, '--socket', socket, '--state-dir', path.join(place, 'state')],
    { env, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = new Promise((resolve, reject) => {
    bosun.on('error', reject);
    bosun.on('exit', resolve);
  });
  const timer = setTimeout(() => bosun.kill('SIGKILL'), LIMIT_MS);
  try {
    await until(() => existsSync(socket) || bosun.exitCode !== null);
    await control('wait', 'second', '--for', 'healthy');
    await control('health');
    await control('status');
    await writeFile(path.join(lib, 'RECORD'), '');
    await until(() => ['bosun', 'worker', 'bosunctl'].every((name) => hasCache(lib, name)));
  } finally {
    bosun.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
  }
}

function hasCache(lib, name) {
  return existsSync(path.join(lib, `${name}.bundle.js.cache`));
}

async function until(isSo) {
  const untilMs = performance.now() + LIMIT_MS;
  while (!isSo()) {
    if (performance.now() > untilMs) throw new Error(`the build has waited ${LIMIT_MS / 1000} s for nothing`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function run(program, words, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ${words.join(' ')} ended with ${code}`));
    });
  });
}
