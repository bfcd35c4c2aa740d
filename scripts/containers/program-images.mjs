// Images that stand in for the official ones of the stack's programs: nothing but the program, where the official image has
// it, so that `COPY --from` finds it. Made from the programs of the setup, without a registry.
import { mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { findExecutable } from '../setup/find-executable.mjs';
import { runCommand } from '../setup/run-command.mjs';
import { imageLabel, importImage } from './docker-client.mjs';

const LABEL = 'bosun.test.source';

/** `directory`: of the program in the official image. */
const PROGRAMS = [
  { program: 'consul', repository: 'hashicorp/consul', directory: 'bin' },
  { program: 'consul-template', repository: 'hashicorp/consul-template', directory: 'bin' },
  { program: 'caddy', repository: 'caddy', directory: 'usr/bin' },
  { program: 'nomad', repository: 'hashicorp/nomad', directory: 'bin' },
];

/** Resolves to pairs of a name (CONSUL, CONSUL_TEMPLATE...) and an image, for the programs that are in `searchPath`. */
export async function programImages({ host, searchPath }, tell) {
  const images = [];
  for (const { program, repository, directory } of PROGRAMS) {
    const file = findExecutable(program, searchPath);
    if (file === undefined) continue;
    tell(program);
    const reference = `${repository}:stand-in`;
    await importProgram(host, { file: await realpath(file), program, directory, reference });
    images.push([program.toUpperCase().replace('-', '_'), reference]);
  }
  return images;
}

async function importProgram(host, { file, program, directory, reference }) {
  const { size, mtimeMs } = await stat(file);
  const source = `${file}:${size}:${Math.trunc(mtimeMs)}`;
  if ((await imageLabel(host, reference, LABEL)) === source) return;
  const work = await mkdtemp(path.join(os.tmpdir(), 'bosun-image-'));
  try {
    const archive = path.join(work, 'image.tar.zst');
    const name = path.basename(file).replaceAll('.', '\\.');
    await runCommand('tar', [
      ...['-C', path.dirname(file), '--transform', `s,^${name}$,${directory}/${program},`],
      ...['--owner=0', '--group=0', '-I', 'zstd -q -1', '-cf', archive, path.basename(file)],
    ]);
    const changes = [`LABEL ${LABEL}=${source}`, `CMD ["/${directory}/${program}"]`];
    await importImage(host, { archive, reference, changes });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
