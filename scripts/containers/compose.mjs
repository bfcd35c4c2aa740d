// Docker Compose for the tests: the one that $BOSUN_TEST_COMPOSE names, else Debian trixie's (v2, a single program), unpacked into
// the setup's cache without installing anything.
import path from 'node:path';

import { unpackAptPackages } from '../setup/apt-package.mjs';
import { cached } from '../setup/cache.mjs';

const NAME = 'docker-compose-debian-trixie';
const PROGRAM = 'usr/libexec/docker/cli-plugins/docker-compose';

/** Resolves to the program. */
export async function composeProgram(tell) {
  if (process.env.BOSUN_TEST_COMPOSE) return process.env.BOSUN_TEST_COMPOSE;
  const directory = await cached(
    NAME,
    (fresh) => unpackAptPackages({ suite: 'trixie', names: ['docker-compose'] }, fresh, tell),
    tell,
  );
  return path.join(directory, PROGRAM);
}
