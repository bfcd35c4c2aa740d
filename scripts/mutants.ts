// Plants each bug of test/simulation/mutants.ts in a copy of the sources and runs the simulation and the core's own tests against it:
// npm run mutants [-- --only WORDS]. Prints who found it. A bug that nobody finds is a rule that is missing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MUTANTS, type Mutant } from '../test/simulation/mutants.ts';

const ROOT = resolve(import.meta.dirname, '..');
const LIMIT_MS = 120_000;
const SUITES = {
  simulation: ['test/simulation/simulation.test.ts'],
  tables: ['test/core/*.test.ts'],
} as const;

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const directory = await mkdtemp(join(tmpdir(), 'bosun-mutants-'));
try {
  for (const part of ['supervisor', 'test', 'package.json'])
    await cp(join(ROOT, part), join(directory, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  process.stdout.write('| planted bug | simulation | tables |\n|---|---|---|\n');
  for (const mutant of MUTANTS.filter(({ name }) => name.includes(values.only))) await tryMutant(mutant);
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function tryMutant(mutant: Mutant): Promise<void> {
  const path = join(directory, 'supervisor/core', mutant.file);
  const sound = await readFile(path, 'utf8');
  await writeFile(
    path,
    sound.replace(mutant.from, () => mutant.to),
  );
  const found = [await verdict(SUITES.simulation), await verdict(SUITES.tables)];
  await writeFile(path, sound);
  process.stdout.write(`| ${mutant.name} | ${found.join(' | ')} |\n`);
}

/** A suite that hangs has found it too: the limit of a run in CI would. */
async function verdict(files: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, ['--test', ...files], {
    cwd: directory,
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  const limit = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, LIMIT_MS);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(limit);
  if (code === null) return 'hangs';
  return code === 0 ? 'not found' : 'found';
}
