'use strict';
// The entry of a bundle, copied beside each: runs NAME.bundle.js with the compiled code that was recorded at the build (V8's code cache).
// Not Node's own compile cache: that one is kept per uid, and an image is run as any. V8 refuses a cache of another version of Node or of
// other flags, and then compiles; it is never wrong, only slow.
const { readFileSync } = require('node:fs');
const { pathToFileURL } = require('node:url');
const { Script } = require('node:vm');

const bundle = __filename.replace(/\.cjs$/, '.bundle.js');
const cachedData = read(`${bundle}.cache`);
const script = new Script(readFileSync(bundle, 'latin1'), { filename: bundle, cachedData });
// V8 has copied what it wants; a garbage collection may not come for hours.
cachedData?.buffer.transfer(0);
script.runInThisContext()(require, module, exports, __dirname, __filename, pathToFileURL(__filename).href);

function read(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
