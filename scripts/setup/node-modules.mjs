// The npm packages of the tree. Whether they are there is read from npm's own record of what it has installed
// (node_modules/.package-lock.json, written last), so a second call costs two small files and a broken install shows.
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { step } from './progress.mjs';
import { runCommand } from './run-command.mjs';

/** Runs `npm ci` unless every package of package-lock.json is installed in its version. */
export async function ensureNodeModules(root) {
  if (areCurrent(root)) return;
  await step('npm packages', () => runCommand('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root }));
}

function areCurrent(root) {
  const wanted = packagesOf(path.join(root, 'package-lock.json'));
  const installed = packagesOf(path.join(root, 'node_modules/.package-lock.json'));
  return Object.entries(wanted).every(
    ([name, entry]) => name === '' || mayBeAbsent(entry) || installed[name]?.version === entry.version,
  );
}

/** Of the optional packages only those made for this kind of machine must be there: the others depend on it. */
function mayBeAbsent({ optional, cpu, os, libc }) {
  if (optional !== true) return false;
  return libc !== undefined || !lists(cpu, process.arch) || !lists(os, process.platform);
}

function lists(names, name) {
  return [names].flat().includes(name);
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}
