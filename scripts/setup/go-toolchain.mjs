// The Go that builds consul-template and nomad: the machine's own when it is new enough, else Debian's, in the cache.
import path from 'node:path';

import { unpackAptPackages } from './apt-package.mjs';
import { cached } from './cache.mjs';
import { findExecutable } from './find-executable.mjs';
import { runCommand } from './run-command.mjs';

const OLDEST_MINOR = 24;
const DEBIAN_GO = '1.26';

/** The path of a `go` of version 1.24 or newer. */
export async function goToolchain(tell) {
  const own = findExecutable('go');
  if (own !== undefined && (await minorVersion(own)) >= OLDEST_MINOR) return own;
  const directory = await cached(`go-debian-${DEBIAN_GO}`, unpackDebianGo, tell);
  return path.join(directory, `usr/lib/go-${DEBIAN_GO}/bin/go`);
}

async function unpackDebianGo(directory, tell) {
  const names = [`golang-${DEBIAN_GO}-go`, `golang-${DEBIAN_GO}-src`];
  await unpackAptPackages({ suite: 'trixie-backports', names }, directory, (detail) => tell(`Go: ${detail}`));
}

/** 26 for `go version go1.26.8 linux/amd64`; the version of the Go itself, not of one that go.mod asks for. */
async function minorVersion(go) {
  const text = await runCommand(go, ['version'], { cwd: '/', env: { ...process.env, GOTOOLCHAIN: 'local' } });
  return Number(/go1\.(\d+)/.exec(text)?.[1] ?? 0);
}
