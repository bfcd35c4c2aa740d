// Images that stand in for the official `node:26-bookworm-slim` and `debian:bookworm-slim`, made without a registry: Debian's
// packages through debootstrap, the Node.js of this tree, npm. The archives are kept in the cache of the setup.
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { installAptPackages } from '../setup/apt-install.mjs';
import { machineMirror } from '../setup/apt-package.mjs';
import { cached } from '../setup/cache.mjs';
import { findExecutable } from '../setup/find-executable.mjs';
import { runCommand } from '../setup/run-command.mjs';
import { imageLabel, importImage } from './docker-client.mjs';

const NODE_REFERENCE = 'node:26-bookworm-slim';
const DEBIAN_REFERENCE = 'debian:bookworm-slim';
const SUITE = 'bookworm';
const NPM_VERSION = '11.19.1';
const LABEL = 'bosun.test.source';
const SEARCH_PATH = 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Node.js 26 needs libatomic.so.1, which the smallest Debian has not. */
const NODE_LIBRARY = 'libatomic1';
const MACHINE_CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
/** Not where Debian keeps its own: a package would write over it. */
const IMAGE_CERTIFICATES = '/usr/local/share/machine-certificates.crt';

const ENTRYPOINT = `#!/bin/sh
set -e
if [ "\${1#-}" != "$1" ] || [ -z "$(command -v "$1")" ]; then set -- node "$@"; fi
exec "$@"
`;

/** Resolves to pairs of a name (NODE, DEBIAN) and an image. `node` is the program that becomes the first one's. */
export async function baseImages({ host, node }, tell) {
  const version = (await runCommand(node, ['--version'])).trim().slice(1);
  const name = `base-images-${SUITE}-${version}`;
  const images = imagesOf(version);
  await ensurePrograms(['zstd'], tell);
  for (const { title, reference, changes } of images) {
    if ((await imageLabel(host, reference, LABEL)) === name) continue;
    const directory = await cached(name, (fresh) => buildArchives(node, fresh, tell), tell);
    tell(`docker import ${reference}`);
    const archive = path.join(directory, archiveName(title));
    await importImage(host, { archive, reference, changes: [...changes, `LABEL ${LABEL}=${name}`] });
  }
  return images.map(({ title, reference }) => [title, reference]);
}

function imagesOf(version) {
  const ofNode = [
    SEARCH_PATH,
    `ENV NODE_VERSION=${version}`,
    // npm in a build needs the authorities that this machine trusts.
    `ENV NODE_EXTRA_CA_CERTS=${IMAGE_CERTIFICATES}`,
    'ENV NPM_CONFIG_UPDATE_NOTIFIER=false',
    'ENTRYPOINT ["docker-entrypoint.sh"]',
    'CMD ["node"]',
  ];
  return [
    { title: 'NODE', reference: NODE_REFERENCE, changes: ofNode },
    { title: 'DEBIAN', reference: DEBIAN_REFERENCE, changes: [SEARCH_PATH, 'CMD ["bash"]'] },
  ];
}

async function ensurePrograms(names, tell) {
  const missing = names.filter((name) => findExecutable(name) === undefined);
  if (missing.length > 0) await installAptPackages(missing, tell);
}

function archiveName(title) {
  return `${title.toLowerCase()}.tar.zst`;
}

async function buildArchives(node, directory, tell) {
  await ensurePrograms(['debootstrap'], tell);
  const tree = path.join(directory, 'tree');
  try {
    await unpackDebian(tree, tell);
    await addNode(node, directory, tree, tell);
    await addCertificates(tree);
    await removeSurplus(tree);
    await pack(tree, path.join(directory, archiveName('NODE')), tell);
    await removeNode(tree);
    await pack(tree, path.join(directory, archiveName('DEBIAN')), tell);
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

async function pack(tree, archive, tell) {
  tell(`compressing ${path.basename(archive)}`);
  const excluded = ['dev', 'proc', 'sys'].map((name) => `--exclude=./${name}/*`);
  await runCommand('tar', [
    ...['-C', tree, '--numeric-owner', ...excluded],
    ...['-I', 'zstd -q -T2 -3', '-cf', archive, '.'],
  ]);
}

async function unpackDebian(tree, tell) {
  const flags = ['--variant=minbase', `--include=${NODE_LIBRARY}`];
  const onLine = (line) => tell(line.replace(/^I: /, 'debootstrap: ').slice(0, 60));
  await runCommand('debootstrap', [...flags, SUITE, tree, await machineMirror()], { onLine });
}

async function addNode(node, directory, tree, tell) {
  tell('npm');
  const bin = path.join(tree, 'usr/local/bin');
  const modules = path.join(tree, 'usr/local/lib/node_modules/npm');
  await copyFile(node, path.join(bin, 'node'));
  await chmod(path.join(bin, 'node'), 0o755);
  await mkdir(modules, { recursive: true });
  const file = await runCommand('npm', ['pack', '--silent', `npm@${NPM_VERSION}`], { cwd: directory });
  const archive = path.join(directory, file.trim());
  await runCommand('tar', ['-xzf', archive, '-C', modules, '--strip-components=1', '--no-same-owner']);
  await rm(archive);
  for (const name of ['npm', 'npx']) {
    await chmod(path.join(modules, `bin/${name}-cli.js`), 0o755);
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, path.join(bin, name));
  }
  await writeFile(path.join(bin, 'docker-entrypoint.sh'), ENTRYPOINT, { mode: 0o755 });
  await runCommand('chroot', [tree, 'groupadd', '-g', '1000', 'node']);
  await runCommand('chroot', [tree, 'useradd', '-u', '1000', '-g', 'node', '-s', '/bin/bash', '-m', 'node']);
}

async function removeNode(tree) {
  const inLocal = ['bin/node', 'bin/npm', 'bin/npx', 'bin/docker-entrypoint.sh', 'lib/node_modules'];
  for (const name of inLocal) await rm(path.join(tree, 'usr/local', name), { recursive: true });
  await rm(path.join(tree, IMAGE_CERTIFICATES));
  await runCommand('chroot', [tree, 'userdel', '-r', 'node']);
  await runCommand('chroot', [tree, 'dpkg', '--purge', NODE_LIBRARY]);
}

async function addCertificates(tree) {
  const target = path.join(tree, IMAGE_CERTIFICATES);
  if (existsSync(MACHINE_CERTIFICATES)) await copyFile(MACHINE_CERTIFICATES, target);
  else await writeFile(target, '');
}

/** What nothing in a container reads. */
async function removeSurplus(tree) {
  const folders = ['doc', 'man', 'locale', 'info'].map((name) => `usr/share/${name}`);
  for (const folder of [...folders, 'var/cache/apt', 'var/lib/apt/lists']) {
    await rm(path.join(tree, folder), { recursive: true, force: true });
    await mkdir(path.join(tree, folder), { recursive: true });
  }
}
