// The programs of the default stack: where each comes from, in the order in which a source is tried. A program that the
// machine has already is used as it is.
import path from 'node:path';

import { unpackAptPackages } from './apt-package.mjs';
import { cached, cachePath, isCached } from './cache.mjs';
import { findExecutable } from './find-executable.mjs';
import { buildGoPackage, installGoModule } from './go-program.mjs';
import { findPythonStack, setUpPythonStack } from './python-stack.mjs';
import { root } from './root.mjs';

const NOMAD_VERSION = '1.10.5';
const CONSUL_TEMPLATE_VERSION = '0.41.1';

/** `bin`: where the executable is inside the cached directory. */
function fromDebian(name, suite) {
  return {
    cacheName: `${name}-debian-${suite}`,
    bin: 'usr/bin',
    build: async (directory, tell) => {
      const version = await unpackAptPackages({ suite, names: [name] }, directory, tell);
      return `${name} ${version} (Debian ${suite})`;
    },
  };
}

function fromGo(name, version, build) {
  return {
    cacheName: `${name}-${version}`,
    bin: 'bin',
    build: async (directory, tell) => {
      await build(directory, tell);
      return `${name} ${version}`;
    },
  };
}

const consulTemplate = {
  module: 'github.com/hashicorp/consul-template',
  version: `v${CONSUL_TEMPLATE_VERSION}`,
};
const nomad = {
  moduleDirectory: path.join(root, 'stack/nomad'),
  packagePath: 'github.com/hashicorp/nomad',
  name: 'nomad',
};

/** Each program is set up in its lane; lanes run side by side, since one waits for the network while one compiles. */
export const STACK_PROGRAMS = [
  cacheProgram('consul', 'apt', [fromDebian('consul', 'bullseye')]),
  cacheProgram('caddy', 'apt', [fromDebian('caddy', 'trixie-backports'), fromDebian('caddy', 'bookworm')]),
  {
    executable: 'gunicorn',
    title: 'gunicorn, uvicorn and FastAPI',
    lane: 'apt',
    find: findPythonStack,
    setUp: setUpPythonStack,
  },
  cacheProgram('consul-template', 'go', [
    fromGo('consul-template', CONSUL_TEMPLATE_VERSION, (directory, tell) =>
      installGoModule(consulTemplate, directory, tell),
    ),
  ]),
  {
    ...cacheProgram('nomad', 'go', [
      fromGo('nomad', NOMAD_VERSION, (directory, tell) => buildGoPackage(nomad, directory, tell)),
    ]),
    title: 'nomad (compiled from source, once; takes minutes)',
  },
];

function cacheProgram(executable, lane, sources) {
  return {
    executable,
    title: executable,
    lane,
    find: () => findCached(sources) ?? directoryOf(findExecutable(executable)),
    setUp: (tell) => setUpFrom(sources, tell),
  };
}

function findCached(sources) {
  const source = sources.find(({ cacheName }) => isCached(cacheName));
  return source && path.join(cachePath(source.cacheName), source.bin);
}

function directoryOf(file) {
  return file && path.dirname(file);
}

/** Resolves to what was set up; rejects with the problem of the last source. */
async function setUpFrom([source, ...others], tell) {
  let description;
  try {
    await cached(
      source.cacheName,
      async (directory) => (description = await source.build(directory, tell)),
      tell,
    );
    return description;
  } catch (error) {
    if (others.length === 0) throw error;
    return setUpFrom(others, tell);
  }
}
