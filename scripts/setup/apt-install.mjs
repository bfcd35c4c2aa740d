// Installs packages of this machine's own Debian release, as root.
import { findExecutable } from './find-executable.mjs';
import { runCommand } from './run-command.mjs';
import { Unavailable } from './unavailable.mjs';

/** `apt-get install`; the package lists are read first only when it fails without that. */
export async function installAptPackages(names, tell) {
  if (findExecutable('apt-get') === undefined) throw new Unavailable('this machine has no apt');
  if (process.getuid() !== 0) throw new Unavailable(`only root can install ${names.join(', ')}`);
  tell(`apt-get install ${names.join(' ')}`);
  try {
    await aptGet('install', '-y', '-qq', '--no-install-recommends', ...names);
  } catch {
    await aptGet('update', '-qq');
    await aptGet('install', '-y', '-qq', '--no-install-recommends', ...names);
  }
}

function aptGet(...args) {
  return runCommand('apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}
