// Runs the tests in stages and reports them as one run: first the checks, then what may run side by side, then what must
// have the machine to itself. Needs Node.js 26. Called by scripts/test.mjs with the names of folders in test/, or none.
import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import { run } from 'node:test';

import { root } from '../setup/root.mjs';
import { report } from './report.mjs';

/** They count processes, fill the process table or measure time. */
const ALONE = ['bundle', 'pid1', 'stack', 'examples', 'containers'];
const FILE_TIMEOUT_MS = 300_000;

const folders = process.argv.slice(2);
const unknown = folders.filter((folder) => !existsSync(path.join(root, 'test', folder)));
if (unknown.length > 0) {
  process.stderr.write(`npm test: there is no folder ${unknown.map((name) => `test/${name}`).join(', ')}\n`);
  process.exit(2);
}

const files = globSync('test/**/*.test.ts', { cwd: root })
  .filter((file) => folders.length === 0 || folders.some((folder) => file.startsWith(`test/${folder}/`)))
  .sort();
const alone = files.filter((file) => ALONE.includes(file.split('/')[1]));
const together = files.filter((file) => !alone.includes(file));
const checks = folders.length === 0 ? ['scripts/testing/checks.mjs'] : [];

const stages = [
  { files: checks, concurrency: 1 },
  { files: together, concurrency: 2 },
  { files: alone, concurrency: 1 },
].filter((stage) => stage.files.length > 0);

const passed = await report(stages.map((stage) => () => runStage(stage)));
process.exitCode = passed ? 0 : 1;

function runStage({ files: named, concurrency }) {
  return run({
    files: named.map((file) => path.join(root, file)),
    cwd: root,
    concurrency,
    timeout: FILE_TIMEOUT_MS,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
}
