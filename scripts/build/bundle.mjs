// The program as four bundles, one for each entry: the supervisor, its two threads, the control client. CommonJS in one file each, so that
// V8 can be given all of its compiled code at once; what the source imports late is there, and evaluated late.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

import { root } from '../setup/root.mjs';

export const ENTRIES = {
  bosun: 'supervisor/main.ts',
  worker: 'supervisor/worker.ts',
  'log-worker': 'supervisor/log-worker.ts',
  bosunctl: 'supervisor/ctl.ts',
};

/** What entry.cjs calls the bundle with. */
const PARAMETERS = 'require, module, exports, __dirname, __filename, __import_meta_url';

/** Writes NAME.bundle.js for each entry. Resolves to esbuild's metafile: what is in them. */
export async function writeBundles(directory) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    outdir: directory,
    outExtension: { '.js': '.bundle.js' },
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'cjs',
    // Names stay: who reports an internal error sends us a stack.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__import_meta_url' },
    plugins: [bundledFiles, lateRequire, oneLanguage, notCompiled, noHttp2, uncalled],
    metafile: true,
    logLevel: 'warning',
  });
  for (const name of Object.keys(ENTRIES)) await wrap(path.join(directory, `${name}.bundle.js`));
  return metafile;
}

/** In the file, not by the entry at run time: to join the strings there would copy them. */
async function wrap(file) {
  const text = await readFile(file, 'latin1');
  if (text.includes('createRequire')) throw new Error(`${file} loads something by a path that is not there`);
  await writeFile(file, `(function (${PARAMETERS}) {${text}\n})`, 'latin1');
}

const bundledFiles = {
  name: 'bundled-files',
  setup({ onResolve }) {
    onResolve({ filter: /\/program-files\.ts$/ }, () => ({
      path: path.join(root, 'scripts/build/bundled-files.ts'),
    }));
  },
};

/** The source requires croner late, by a require of its own; as a plain one it is bundled, and as late. */
const lateRequire = {
  name: 'late-require',
  setup({ onLoad }) {
    onLoad({ filter: /\/supervisor\/.*\.ts$/ }, async ({ path: file }) => {
      const text = await readFile(file, 'utf8');
      if (!text.includes('createRequire(')) return undefined;
      const contents = text
        .replace("import { createRequire } from 'node:module';\n", '')
        .replace('const require = createRequire(import.meta.url);\n', '');
      return { contents, loader: 'ts' };
    });
  },
};

/** zod brings the messages of all its languages: a third of its text, and nobody asks for them. */
const oneLanguage = {
  name: 'one-language',
  setup({ onLoad }) {
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

/** zod makes a function of the text of each schema, which pays for thousands of values; a configuration is read once. */
const notCompiled = {
  name: 'not-compiled',
  setup({ onLoad }) {
    onLoad({ filter: /\/zod\/v4\/core\/core\.js$/ }, async ({ path: file }) => {
      const text = await readFile(file, 'utf8');
      return { contents: `${text}\nglobalConfig.jitless = true;\n` };
    });
  },
};

/** Hono's adapter asks whether a request is one of HTTP/2. Bosun serves none, and node:http2 is 2 MB of memory. */
const noHttp2 = {
  name: 'no-http2',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?http2$/ }, () => ({ path: 'http2', namespace: 'no-http2' }));
    onLoad({ filter: /.*/, namespace: 'no-http2' }, () => ({
      contents: 'export class Http2ServerRequest {}\nexport const constants = {};\n',
    }));
  },
};

/**
 * Of packages, what Bosun does not call: pino's threads for other destinations, which it finds by paths that are not in a bundle, and
 * prom-client's own metrics, cluster and push gateway, which bring OpenTelemetry and three modules of Node.
 */
const uncalled = {
  name: 'uncalled',
  setup({ onLoad }) {
    const filter = /\/(pino\/lib\/transport|prom-client\/lib\/(defaultMetrics|cluster|pushgateway))\.js$/;
    onLoad({ filter }, ({ path: file }) => ({
      contents: `module.exports = function () { throw new Error(${JSON.stringify(`${path.basename(file)} is not in the bundle`)}); };`,
    }));
  },
};
