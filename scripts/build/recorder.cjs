'use strict';
// In place of entry.cjs while the build records: runs the bundle in the same way, without a cache, and leaves what V8 has compiled by then
// as the cache: when the file RECORD is there, or at the end of a process that ends by itself. Never part of what is built.
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { Script } = require('node:vm');

const LOOK_EVERY_MS = 20;

const bundle = __filename.replace(/\.cjs$/, '.bundle.js');
const script = new Script(readFileSync(bundle, 'latin1'), { filename: bundle });
const record = () => writeFileSync(`${bundle}.cache`, script.createCachedData());
const look = setInterval(() => {
  if (!existsSync(join(__dirname, 'RECORD'))) return;
  clearInterval(look);
  record();
}, LOOK_EVERY_MS);
look.unref();
process.on('exit', record);
script.runInThisContext()(require, module, exports, __dirname, __filename, pathToFileURL(__filename).href);
