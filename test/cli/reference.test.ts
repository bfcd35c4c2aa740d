import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { EXIT } from '../../supervisor/cli/exit-code.ts';
import { COMMAND_FILES } from '../../supervisor/cli/program.ts';

const PAGE = readFileSync(new URL('../../docs/reference/cli.md', import.meta.url), 'utf8');

test('cli.md has a section for every command, and for no other', () => {
  const documented = [...PAGE.matchAll(/^### (\S+)$/gm)].map(([, name]) => name);
  assert.deepEqual(documented, [...COMMAND_FILES.keys()]);
});

test('each section has the summary, the example, and every option with its default', async () => {
  for (const [name, load] of COMMAND_FILES) {
    const { command } = await load();
    assert.equal(command.name, name);
    const section = PAGE.split(`### ${name}\n`)[1]?.split('\n### ')[0] ?? '';
    for (const text of [command.summary, command.example])
      assert.ok(section.includes(text), `${name}: ${text}`);
    for (const { flags, help, default: value } of command.options) {
      const row = section.split('\n').find((line) => line.startsWith(`| \`${flags}\``)) ?? '';
      assert.ok(row.includes(help) && row.includes(value ?? ''), `${name}: ${flags}`);
    }
  }
});

test('cli.md lists the exit codes', () => {
  for (const code of Object.values(EXIT)) assert.match(PAGE, new RegExp(`^\\| ${code} +\\|`, 'm'));
});
