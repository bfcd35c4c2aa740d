// The linter's own test: a core file that is made to import something, or to have a clock, is refused.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';

const ROOT = resolve(import.meta.dirname, '../..');

/** By the Node that runs the test: the tools' own first line may find an older one. */
function run(tool: string, args: readonly string[], options: { cwd: string; input?: string }) {
  const script = join(ROOT, 'node_modules/.bin', tool);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    ...options,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

/** A tree with the project's rules and these files, cruised. */
function cruise(files: Readonly<Record<string, string>>): { status: number | null; output: string } {
  const directory = mkdtempSync(join(tmpdir(), 'bosun-layers-'));
  try {
    for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
      copyFileSync(join(ROOT, name), join(directory, name));
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    return run('depcruise', ['--config', '.dependency-cruiser.cjs', 'supervisor'], { cwd: directory });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const OTHER = {
  'supervisor/os/other.ts': 'export const other = 1;\n',
  'supervisor/core/own.ts': 'export type Own = 1;\n',
};
const MADE_TO: readonly (readonly [string, string, string])[] = [
  ['a Node module', "import { readFileSync } from 'node:fs';\nreadFileSync('');\n", 'core-is-pure'],
  ['a package', "import { parse } from 'yaml';\nparse('');\n", 'core-is-pure'],
  ['another folder', "import { other } from '../os/other.ts';\nother.toFixed();\n", 'core-is-pure'],
  [
    'a type of another folder',
    "import type { other } from '../os/other.ts';\nexport type T = typeof other;\n",
    'core-is-pure',
  ],
];

for (const [what, text, rule] of MADE_TO)
  test(`a core file that imports ${what} is refused`, () => {
    const { status, output } = cruise({ ...OTHER, 'supervisor/core/bad.ts': text });
    assert.notEqual(status, 0, output);
    assert.match(output, new RegExp(rule));
  });

test('node:ffi in a file that is not the C library’s or libuv’s is refused', () => {
  const text = "import { dlopen } from 'node:ffi';\ndlopen(null);\n";
  const { status, output } = cruise({ 'supervisor/os/other.ts': text, 'supervisor/os/libc-more.ts': text });
  assert.notEqual(status, 0, output);
  assert.match(output, /ffi-in-few-files: supervisor\/os\/other\.ts/);
  assert.doesNotMatch(output, /ffi-in-few-files: supervisor\/os\/libc-more\.ts/);
});

test('a core file that imports core is not', () => {
  const { status, output } = cruise({
    'supervisor/core/own.ts': 'export type Own = 1;\n',
    'supervisor/main.ts': "import type { Own } from './core/own.ts';\nexport const own: Own = 1;\n",
  });
  assert.equal(status, 0, output);
});

for (const impure of ['Date.now()', 'Math.random()', 'process.pid', 'setTimeout(() => undefined, 1)'])
  test(`${impure} in the core is refused`, () => {
    const { status, output } = run('eslint', ['--stdin', '--stdin-filename', 'supervisor/core/names.ts'], {
      cwd: ROOT,
      input: `export const impure = ${impure};\n`,
    });
    assert.equal(status, 1, output);
    assert.match(output, /core\/ is pure/);
  });
