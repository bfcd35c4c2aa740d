// Takes one package of another Debian suite and unpacks it, without touching what is installed: its own sources, lists
// and status, no maintainer script, no service. Works without root. The mirror is the one this machine uses already.
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { findExecutable } from './find-executable.mjs';
import { runCommand } from './run-command.mjs';
import { Unavailable } from './unavailable.mjs';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Unpacks the packages `names` of `suite` into `directory`; resolves to the version of the first. */
export async function unpackAptPackages({ suite, names }, directory, tell) {
  const work = path.join(directory, '.apt');
  const apt = await privateApt(suite, work);
  tell(`reading the package lists of Debian ${suite}`);
  await apt(['update', '-qq', '--error-on=any']);
  tell('downloading');
  await apt(['download', '-qq', ...names]);
  const files = (await readdir(work)).filter((file) => file.endsWith('.deb'));
  for (const file of files) await runCommand('dpkg', ['-x', path.join(work, file), directory]);
  await rm(work, { recursive: true });
  return versionOf(files, names[0]);
}

/** An `apt-get` that reads and writes nothing of this machine's own apt but its trusted keys. */
async function privateApt(suite, directory) {
  if (findExecutable('apt-get') === undefined || !existsSync(KEYRING)) {
    throw new Unavailable('this machine is not Debian; install it by hand so that it is in the PATH');
  }
  const mirror = await machineMirror();
  for (const folder of ['lists/partial', 'archives/partial']) {
    await mkdir(path.join(directory, folder), { recursive: true });
  }
  await writeFile(path.join(directory, 'status'), '');
  const source = `deb [signed-by=${KEYRING}] ${mirror} ${suite} main\n`;
  await writeFile(path.join(directory, 'sources.list'), source);
  const flags = Object.entries(aptOptions(directory)).map(([name, value]) => `-o${name}=${value}`);
  return (args) => {
    const shown = `apt-get ${args.join(' ')}`;
    return runCommand('apt-get', [...flags, ...args], { cwd: directory, shown });
  };
}

/** apt.conf(5). */
function aptOptions(directory) {
  return {
    'Dir::Etc::SourceList': path.join(directory, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::Etc::Preferences': '/dev/null',
    'Dir::Etc::PreferencesParts': '/dev/null',
    'Dir::State': directory,
    'Dir::State::Lists': path.join(directory, 'lists'),
    'Dir::State::Status': path.join(directory, 'status'),
    'Dir::Cache': directory,
    'Dir::Cache::Archives': path.join(directory, 'archives'),
    'Dir::Cache::pkgcache': '',
    'Dir::Cache::srcpkgcache': '',
    // As root, apt would download as another user, who may not write here.
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
}

/** Where the `main` component of this machine's own release comes from. */
export async function machineMirror() {
  const format = '$(RELEASE) $(COMPONENT) $(REPO_URI)';
  const targets = await runCommand('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  const mirror = targets
    .split('\n')
    .map((line) => line.split(' '))
    .find(([release, component]) => component === 'main' && /^[a-z]+$/.test(release));
  if (mirror === undefined) throw new Unavailable("this machine's apt names no Debian mirror");
  return mirror[2];
}

/** From `consul_1.8.7+dfsg1-2+deb11u1_amd64.deb`. */
function versionOf(files, name) {
  const file = files.find((candidate) => candidate.startsWith(`${name}_`)) ?? '';
  return decodeURIComponent(file).split('_')[1] ?? '';
}
