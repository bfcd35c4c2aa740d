import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { commandsIn, type NamedCommand } from '../../supervisor/cli/command.ts';
import { EXIT } from '../../supervisor/cli/exit-code.ts';
import { COMMAND_FILES } from '../../supervisor/cli/program.ts';

const PAGE = readFileSync(new URL('../../docs/reference/cli.md', import.meta.url), 'utf8');

async function commands(): Promise<readonly NamedCommand[]> {
  const entries = await Promise.all([...COMMAND_FILES.values()].map(async (load) => (await load()).command));
  assert.deepEqual(
    entries.map(({ name }) => name),
    [...COMMAND_FILES.keys()],
  );
  return entries.flatMap(commandsIn);
}

test('cli.md has a section for every command, and for no other', async () => {
  const documented = [...PAGE.matchAll(/^### (.+)$/gm)].map(([, name]) => name);
  assert.deepEqual(
    documented,
    (await commands()).map(({ path }) => path),
  );
});

test('each section has the summary, the example, and every option with its default', async () => {
  for (const { path: name, command } of await commands()) {
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
