// `completion`: the bash script in the real bash, with the names that a real control plane has; the other two as text, and by their
// shells where they are installed.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { commandsIn } from '../../supervisor/cli/command.ts';
import { COMMAND_FILES } from '../../supervisor/cli/program.ts';
import { service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig } from '../plane/support/plane-rig.ts';
import { bosunctl } from './support/bosunctl.ts';

const CTL = resolve(import.meta.dirname, '../../bin/bosunctl');

let rig: PlaneRig;
let directory: string;
const scripts: Record<string, string> = {};

before(async () => {
  rig = await PlaneRig.start({ services: [service('caddy'), service('consul'), service('consul-template')] });
  directory = mkdtempSync(join(tmpdir(), 'bosun-completion-'));
  symlinkSync(CTL, join(directory, 'bosunctl'));
  writeFileSync(join(directory, 'boot.svg'), '');
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await bosunctl(['completion', shell]);
    assert.equal(code, 0);
    scripts[shell] = stdout;
    writeFileSync(join(directory, `completion.${shell}`), stdout);
  }
});
after(async () => {
  await rig[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

/** What bash offers for the last of these words, sorted; asked through the function that `complete -p` names. */
async function offers(...words: string[]): Promise<readonly string[]> {
  const script = `source ./completion.bash
COMP_WORDS=(./bosunctl "$@")
COMP_CWORD=$#
compopt() { :; }
[[ $(complete -p bosunctl) == "complete -F _bosunctl bosunctl" ]] || exit 9
_bosunctl ./bosunctl "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['-u', '-c', script, 'bash', ...words], {
    cwd: directory,
    env: { PATH: process.env['PATH'] },
    timeout: 20_000,
  });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

describe('bash', () => {
  test('commands, and those of a group', async () => {
    assert.deepEqual(await offers('sta'), ['start', 'status']);
    const all = await offers('');
    assert.deepEqual(all, [...COMMAND_FILES.keys(), 'help'].sort());
    for (const load of COMMAND_FILES.values()) {
      const { command } = await load();
      if (!('subcommands' in command)) continue;
      const names = command.subcommands.map((subcommand) => subcommand.name).sort();
      assert.deepEqual(await offers(command.name, ''), names);
    }
  });

  test('names of services, asked of the Bosun that the command line names', async () => {
    assert.deepEqual(await offers('--socket', rig.socketPath, 'start', 'con'), ['consul', 'consul-template']);
    assert.deepEqual(await offers('--socket', rig.socketPath, 'stop', 'caddy', 'cons'), [
      'consul',
      'consul-template',
    ]);
    assert.deepEqual(await offers('--socket', rig.socketPath, 'logs', '-n', '5', '-f', 'ca'), ['caddy']);
    assert.deepEqual(await offers('--socket', rig.socketPath, 'events', '--service', 'ca'), ['caddy']);
    assert.deepEqual(await offers('--socket', '/nowhere/bosun.sock', 'start', ''), []);
  });

  test('a word is offered where it may stand, and nowhere else', async () => {
    assert.deepEqual(await offers('--socket', rig.socketPath, 'why', 'caddy', ''), []);
    assert.deepEqual(await offers('signal', 'USR'), ['USR1', 'USR2']);
    assert.deepEqual(await offers('--socket', rig.socketPath, 'signal', 'HUP', 'ca'), ['caddy']);
    assert.deepEqual(await offers('graph', '--format', ''), ['dot', 'mermaid', 'svg', 'tree']);
    assert.deepEqual(await offers('completion', ''), ['bash', 'fish', 'zsh']);
    assert.deepEqual(await offers('help', 'tim'), ['timeline']);
  });

  test('options, of the command and of all; files for their values', async () => {
    assert.deepEqual(await offers('logs', '--fol'), ['--follow']);
    assert.ok((await offers('start', '--')).includes('--timeout'));
    assert.ok((await offers('--')).includes('--socket'));
    assert.ok(!(await offers('--')).includes('--follow'));
    assert.deepEqual(await offers('timeline', '--svg', 'boo'), ['boot.svg']);
  });

  test('every option of every command is offered', async () => {
    for (const load of COMMAND_FILES.values())
      for (const { path, command } of commandsIn((await load()).command))
        for (const { flags } of command.options) {
          const names = flags.replace(/ <.*/, '').split(', ');
          const offered = new Set(await offers(...path.split(' '), '-'));
          for (const option of names) assert.ok(offered.has(option), `${path} ${option}`);
        }
  });

  test('a word that looks like a command to a shell is not run', async () => {
    await offers('$(touch ran)', '`touch ran`', '');
    await offers('start', '$(touch ran)');
    assert.equal(spawnSync('test', ['-e', join(directory, 'ran')]).status, 1);
  });
});

const CHECKS: readonly (readonly [shell: string, option: string])[] = [
  ['bash', '-n'],
  ['zsh', '-n'],
  ['fish', '--no-execute'],
];
for (const [shell, option] of CHECKS)
  test(
    `${shell} takes its script`,
    spawnSync(shell, ['-c', 'true']).error === undefined ? {} : { skip: `there is no ${shell} here` },
    () => {
      const { status, stderr } = spawnSync(shell, [option, join(directory, `completion.${shell}`)], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
    },
  );

test('zsh: the same words by compadd, under #compdef; what it has in common with sh, sh takes', () => {
  const text = scripts['zsh'] ?? '';
  assert.match(text, /^#compdef bosunctl\n/);
  assert.match(text, /^ {4}graph:--format\) compadd -- tree dot mermaid svg; return ;;$/m);
  assert.match(
    text,
    /^ {4}start:\*\) compadd -- \$\{\(f\)"\$\(_bosunctl_names services 2> \/dev\/null\)"\} ;;$/m,
  );
  assert.match(text, /^ {4}timeline:--svg\) _files; return ;;$/m);
  assert.doesNotMatch(text, /COMP|compgen|mapfile|local path\b/);
  // Its own expansions aside, the script is one that bash can read too.
  const common = text.replaceAll(/\$\{\(f\)("\$\([^)]*\)")\}/g, '$1');
  const { status, stderr } = spawnSync('bash', ['-n'], { input: common, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});

test('fish: a line for each command with its summary, and for each option', async () => {
  const text = scripts['fish'] ?? '';
  for (const load of COMMAND_FILES.values()) {
    const { command } = await load();
    const quoted = /^[\w./-]+$/.test(command.summary)
      ? command.summary
      : `'${command.summary.replaceAll("'", "\\'")}'`;
    assert.ok(text.includes(`-n "__bosunctl_at ''" -a ${command.name} -d ${quoted}\n`), command.name);
  }
  assert.match(text, /^complete -c bosunctl -n "__bosunctl_at 'logs'" -s f -l follow -d '/m);
  assert.match(
    text,
    /^complete -c bosunctl -n "__bosunctl_at 'graph'" -l format -r -a 'tree dot mermaid svg' -d /m,
  );
  assert.match(text, /^complete -c bosunctl -n "__bosunctl_at 'start'" -a '\(__bosunctl_names services\)'$/m);
  // Quotes are even in every line but those of functions, where a quote is a pair of its own.
  for (const line of text.split('\n').filter((one) => one.startsWith('complete ')))
    assert.equal(
      line
        .replaceAll(/\\['\\]/g, '')
        .replaceAll(/"[^"]*"/g, '')
        .split("'").length % 2,
      1,
      line,
    );
});

test('another shell, or no name, is a wrong command line', async () => {
  assert.equal((await bosunctl(['completion', 'tcsh'])).code, 2);
  assert.equal((await bosunctl(['completion'])).code, 2);
  assert.equal((await bosunctl(['completion', '--names', 'secrets'])).code, 2);
});
