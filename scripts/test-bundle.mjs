// `npm run test:bundle`: builds the bundle, then runs tests that were written for the source against it: those of PID 1 that start Bosun as
// an image does, or the named files alone. What only the bundle has is tested in test/bundle/, by `npm test`.
import { spawn } from 'node:child_process';
import path from 'node:path';

import { say } from './setup/progress.mjs';
import { root } from './setup/root.mjs';
import { setUpNode } from './setup/set-up.mjs';

/** In test/pid1/. Left out: what changes the source and upgrades to it, and what needs a program of the tests. */
const SUITES = [
  'configuration',
  'control-plane',
  'descriptors',
  'drop-in',
  'exec',
  'forwarding',
  'hooks',
  'jobs',
  'journal',
  'log-no-loss',
  'logs-reading',
  'probes',
  'reload',
  'running-as',
  'stdout',
  'stopping',
  'supervision',
  'terminal',
];
const FILE_TIMEOUT_MS = 300_000;

async function main(named) {
  const node = await setUpNode();
  const built = await run(node, [path.join(root, 'scripts/build.mjs')], process.env);
  if (built !== 0) return built;
  const files = named.length > 0 ? named : SUITES.map((name) => `test/pid1/${name}.test.ts`);
  const options = ['--test', '--test-concurrency=1', `--test-timeout=${FILE_TIMEOUT_MS}`];
  return run(node, ['--disable-warning=ExperimentalWarning', ...options, ...files], {
    ...process.env,
    BOSUN_NODE: node,
    BOSUN_TEST_BIN: path.join(root, 'dist/bin'),
    PATH: [path.dirname(node), process.env.PATH].join(path.delimiter),
  });
}

function run(program, words, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { cwd: root, env, stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    say(`npm run test:bundle: ${error.message}`);
    process.exit(1);
  },
);
