// Builds a program from its Go module, by the ordinary Go client with its own settings and caches. The result is one
// file; nothing of the build stays in the tree.
import path from 'node:path';

import { installAptPackages } from './apt-install.mjs';
import { findExecutable } from './find-executable.mjs';
import { goToolchain } from './go-toolchain.mjs';
import { runCommand } from './run-command.mjs';

const BUILD_FLAGS = ['-trimpath', '-buildvcs=false', '-ldflags=-s -w'];

/** `go install MODULE@VERSION`, for a module that has no `replace` lines. */
export async function installGoModule({ module, version }, directory, tell) {
  const settings = { GOBIN: path.join(directory, 'bin'), CGO_ENABLED: '0' };
  await go(['install', '-v', ...BUILD_FLAGS, `${module}@${version}`], tell, settings);
}

/** `go build PACKAGE` inside a module of our own, which pins every version in its go.mod and go.sum. Uses cgo. */
export async function buildGoPackage({ moduleDirectory, packagePath, name }, directory, tell) {
  if (findExecutable('gcc') === undefined) await installAptPackages(['gcc', 'libc6-dev'], tell);
  const output = path.join(directory, 'bin', name);
  const args = ['-C', moduleDirectory, '-v', '-mod=readonly', ...BUILD_FLAGS, '-o', output, packagePath];
  await go(['build', ...args], tell, { CGO_ENABLED: '1' });
}

async function go(args, tell, settings) {
  const program = await goToolchain(tell);
  const env = { ...process.env, GOFLAGS: '', GO111MODULE: 'on', GOWORK: 'off', ...settings };
  const seen = { downloads: 0, packages: 0 };
  const onLine = (line) => tell(describeProgress(seen, line));
  await runCommand(program, args, { env, onLine });
}

/** `go -v` writes a line for each module that it downloads and for each package that it compiles. */
function describeProgress(seen, line) {
  if (line.startsWith('go: downloading')) seen.downloads += 1;
  else seen.packages += 1;
  return seen.packages === 0 ? `${seen.downloads} modules downloaded` : `${seen.packages} packages compiled`;
}
