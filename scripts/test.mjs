// `npm test`: sets up what the tests need, then runs the checks and all tests on Node.js 26; `npm test -- core pid1` runs
// the named folders of test/ alone.
import { spawn } from 'node:child_process';
import path from 'node:path';

import { prepareContainers } from './containers/test-run.mjs';
import { say } from './setup/progress.mjs';
import { root } from './setup/root.mjs';
import { sayMissing, setUpNode, setUpStackPrograms, setUpTestPrograms } from './setup/set-up.mjs';
import { withoutPrograms } from './setup/without.mjs';

/** Tests that run the programs of the stack. */
const NEEDS_STACK = ['stack', 'examples'];
/** Tests that run Bosun's image under a Docker engine. */
const NEEDS_ENGINE = ['containers'];
/** Tests that call systemd-notify, rsyslogd, promtool or Prometheus. */
const NEEDS_TEST_PROGRAMS = ['bundle', 'os', 'pid1', 'plane', 'stack'];
const NO_CONTAINERS = { env: {}, release: () => Promise.resolve() };

async function main(folders) {
  const node = await setUpNode();
  const needs = (names) => folders.length === 0 || folders.some((folder) => names.includes(folder));
  const directories = [
    path.dirname(node),
    needs(NEEDS_STACK) ? await stackPath() : process.env.PATH,
    ...(needs(NEEDS_TEST_PROGRAMS) ? [await testPath()] : []),
  ];
  const env = {
    ...process.env,
    BOSUN_NODE: node,
    PATH: directories.join(path.delimiter),
  };
  const containers = needs(NEEDS_ENGINE) ? await prepareContainers({ node, root }) : NO_CONTAINERS;
  const tests = [path.join(root, 'scripts/testing/run-tests.mjs'), ...folders];
  try {
    return await run(node, tests, { ...env, ...containers.env });
  } finally {
    await containers.release();
  }
}

async function testPath() {
  const { searchPath, missing } = await setUpTestPrograms();
  for (const [executable, reason] of missing)
    say(`  ${executable} is missing, so tests will fail: ${reason}`);
  return searchPath;
}

async function stackPath() {
  const { searchPath, missing } = await setUpStackPrograms(withoutPrograms());
  sayMissing(missing);
  return searchPath;
}

function run(program, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, env, stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    say(`npm test: ${error.message}`);
    process.exit(1);
  },
);
