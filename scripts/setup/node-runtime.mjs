// The Node.js 26 that Bosun runs on: an npm package of the tree, or whatever BOSUN_NODE names.
import path from 'node:path';

import { isExecutableFile } from './find-executable.mjs';

/** The full path of the runtime. Throws when this kind of machine has none. */
export function nodeRuntime(root) {
  const candidates = [
    process.env.BOSUN_NODE,
    path.join(root, `node_modules/node-linux-${process.arch}/bin/node`),
    Number(process.versions.node.split('.')[0]) >= 26 ? process.execPath : undefined,
  ];
  const found = candidates.find((candidate) => candidate !== undefined && isExecutableFile(candidate));
  if (found !== undefined) return found;
  throw new Error(
    `no Node.js 26 for ${process.platform} on ${process.arch}: npm brings it for Linux on x64 and arm64. ` +
      'Elsewhere install Node.js 26 and call npm with it, or set BOSUN_NODE to its path.',
  );
}
