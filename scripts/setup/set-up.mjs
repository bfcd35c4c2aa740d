// The setup as a whole: what `npm start` and `npm test` do first. A second call finds everything and says nothing.
import path from 'node:path';

import { findExecutable } from './find-executable.mjs';
import { ensureNodeModules } from './node-modules.mjs';
import { nodeRuntime } from './node-runtime.mjs';
import { say, step } from './progress.mjs';
import { root } from './root.mjs';
import { STACK_PROGRAMS } from './stack-programs.mjs';
import { TEST_PROGRAMS } from './test-programs.mjs';

/** npm packages and the runtime. Resolves to the path of Node.js 26. */
export async function setUpNode() {
  await ensureNodeModules(root);
  return nodeRuntime(root);
}

/**
 * The programs of the stack but for those in `without`. Resolves to a PATH that leads to them and, for each program that
 * is not there, the reason.
 */
export function setUpStackPrograms(without) {
  return setUpPrograms(STACK_PROGRAMS, without);
}

/** The same for what only the tests need. */
export function setUpTestPrograms() {
  return setUpPrograms(TEST_PROGRAMS, new Set());
}

async function setUpPrograms(programs, without) {
  const missing = new Map(
    [...without].filter(isAbsent).map((executable) => [executable, 'left out on request']),
  );
  const wanted = programs.filter(({ executable }) => !without.has(executable));
  const lanes = groupByLane(wanted);
  await Promise.all([...lanes.values()].map((lane) => setUpLane(lane, missing)));
  const directories = wanted.map((program) => program.find()).filter((directory) => directory !== undefined);
  return { searchPath: [...new Set(directories), process.env.PATH].join(path.delimiter), missing };
}

function isAbsent(executable) {
  return findExecutable(executable) === undefined;
}

async function setUpLane(programs, missing) {
  for (const { executable, title, find, setUp } of programs) {
    if (find() !== undefined) continue;
    await step(title, setUp).catch((error) => missing.set(executable, error.message));
  }
}

function groupByLane(programs) {
  const lanes = new Map();
  for (const program of programs) lanes.set(program.lane, [...(lanes.get(program.lane) ?? []), program]);
  return lanes;
}

/** One line for each program that is not there, with the reason; the services that need it are skipped. */
export function sayMissing(missing) {
  for (const [executable, reason] of missing) {
    say(`  ${executable} is missing, so what needs it is skipped: ${reason.split('\n')[0]}`);
  }
}
