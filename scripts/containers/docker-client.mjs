// Calls the Docker client. Debian's own is preferred to whatever else is in the PATH: it builds with BuildKit as it is.
import { createReadStream } from 'node:fs';
import { spawn } from 'node:child_process';

import { findExecutable, isExecutableFile } from '../setup/find-executable.mjs';
import { runCommand } from '../setup/run-command.mjs';

const DEBIAN_CLIENT = '/usr/bin/docker';

export function dockerClient() {
  return isExecutableFile(DEBIAN_CLIENT) ? DEBIAN_CLIENT : findExecutable('docker');
}

/** Resolves to stdout. */
export function docker(host, args) {
  return runCommand(dockerClient(), args, { env: { ...process.env, DOCKER_HOST: host } });
}

/** The label of an image, or undefined when there is no such image. */
export async function imageLabel(host, reference, label) {
  try {
    return (
      await docker(host, ['image', 'inspect', '--format', `{{index .Config.Labels "${label}"}}`, reference])
    ).trim();
  } catch {
    return undefined;
  }
}

/** `docker import`: `changes` are Dockerfile instructions. `archive` is a tar file, or one that zstd has compressed. */
export function importImage(host, { archive, reference, changes }) {
  const args = ['import', ...changes.flatMap((change) => ['-c', change]), '-', reference];
  return new Promise((resolve, reject) => {
    const unpack = spawn('zstd', ['-dcq'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const client = spawn(dockerClient(), args, {
      env: { ...process.env, DOCKER_HOST: host },
      stdio: [unpack.stdout, 'ignore', 'pipe'],
    });
    let problem = '';
    client.stderr.on('data', (chunk) => (problem += chunk));
    for (const child of [unpack, client]) child.on('error', reject);
    client.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`docker import: ${problem}`))));
    const source = createReadStream(archive);
    source.on('error', reject);
    unpack.stdin.on('error', () => {});
    source.pipe(unpack.stdin);
  });
}
