// The licenses of the packages that are in the bundles: their authors ask to be named wherever copies of them are.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { root } from '../setup/root.mjs';

const LICENSE_FILE = /^(licen[cs]e|copying)(\.(md|txt))?$/i;

export async function writeLicenses({ inputs }, file) {
  const packages = [...new Set(Object.keys(inputs).flatMap(packageOf))].sort();
  const texts = [];
  for (const directory of packages) texts.push(await noticeOf(path.join(root, directory)));
  await writeFile(file, texts.join(`\n${'-'.repeat(80)}\n\n`));
}

/** `node_modules/@scope/name/lib/x.js` to `node_modules/@scope/name`. */
function packageOf(input) {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [];
}

async function noticeOf(directory) {
  const { name, version, license } = JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8'));
  const found = (await readdir(directory)).find((entry) => LICENSE_FILE.test(entry));
  const text = found === undefined ? '' : `\n${await readFile(path.join(directory, found), 'utf8')}`;
  return `${name} ${version} (${license})\n${text}`;
}
