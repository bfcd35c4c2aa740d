// `npm run build`: the program as it is put into an image, in dist/ (or --out DIR): bin/ and lib/, to be copied as one directory. --runtime DIR
// puts the files of DIR into lib/, a `node` among them, which Bosun then runs on; else it looks for one as it does in the tree.
import { createHash } from 'node:crypto';
import { chmod, copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { ENTRIES, writeBundles } from './build/bundle.mjs';
import { writeLicenses } from './build/licenses.mjs';
import { recordCaches } from './build/record-cache.mjs';
import { setUpNode } from './setup/set-up.mjs';
import { root } from './setup/root.mjs';

/** Not Node and its libraries: the new Bosun runs on them when it looks. */
const BUILT = /\.(js|cjs|cache)$/;
const BIN = ['bosun', 'bosunctl', 'find-node.sh'];

const { values } = parseArgs({
  options: { out: { type: 'string', default: 'dist' }, runtime: { type: 'string' } },
});
const out = path.resolve(root, values.out);
const bin = path.join(out, 'bin');
const lib = path.join(out, 'lib');

await rm(out, { recursive: true, force: true });
await mkdir(bin, { recursive: true });
await mkdir(lib);
for (const name of BIN) {
  await copyFile(path.join(root, 'bin', name), path.join(bin, name));
  await chmod(path.join(bin, name), 0o755);
}
const metafile = await writeBundles(lib);
for (const name of Object.keys(ENTRIES))
  await copyFile(path.join(root, 'scripts/build/entry.cjs'), path.join(lib, `${name}.cjs`));
if (values.runtime !== undefined) await cp(path.resolve(values.runtime), lib, { recursive: true });
await recordCaches(lib, bin, values.runtime === undefined ? await setUpNode() : path.join(lib, 'node'));
await writeLicenses(metafile, path.join(out, 'THIRD-PARTY-LICENSES'));
await writeManifest();

/** For bosunctl upgrade, which asks whether the new program is whole. */
async function writeManifest() {
  const sums = {};
  for (const name of (await readdir(lib)).filter((file) => BUILT.test(file)).sort())
    sums[name] = createHash('sha256')
      .update(await readFile(path.join(lib, name)))
      .digest('hex');
  await writeFile(path.join(lib, 'files.json'), `${JSON.stringify(sums, undefined, 2)}\n`);
}
