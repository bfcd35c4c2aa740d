// What holds for every command: its lines fit 80 columns however long the names are, nothing is coloured on a pipe, a mistyped name
// is answered with the one that was meant, and the page of the reference has what the help has.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { addEntry, createProgram } from '../../supervisor/cli/command-tree.ts';
import { COMMAND_FILES } from '../../supervisor/cli/program.ts';
import { createTerminal } from '../../supervisor/cli/terminal.ts';
import { comesUp, failsWith, name, service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig } from '../plane/support/plane-rig.ts';
import { needs } from '../support/specs.ts';
import { bosunctl, type Ran } from './support/bosunctl.ts';

/** As long as names may be: 63 characters. */
const LONG = 'a-service-with-a-name-of-sixty-three-characters-which-is-the-mo';
const OTHER = 'another-one-with-a-name-of-sixty-three-characters-which-is-most';

let rig: PlaneRig;

before(async () => {
  rig = await PlaneRig.start({
    services: [service('caddy'), service(LONG), service(OTHER, { dependsOn: [needs(LONG), needs('caddy')] })],
    history: [
      ...comesUp('caddy', 1),
      ...comesUp(LONG, 2),
      ...failsWith(LONG, 2, 3, 100_000),
      { type: 'waiting', service: name(OTHER) },
    ],
    engine: (command) => {
      if (!('services' in command)) return { kind: 'accepted', services: [] };
      const [target = name('')] = command.services;
      if (target === LONG || target === OTHER || target === 'caddy')
        return { kind: 'accepted', services: command.services };
      return { kind: 'refused', error: { code: 'service-not-found', service: target, message: 'not there' } };
    },
  });
  rig.write({
    [LONG]: 'command: [sleep, "2"]\n',
    'a-new-service-with-a-long-name-that-is-added-to-the-others': 'command: x\n',
  });
});
after(async () => {
  await rig[Symbol.asyncDispose]();
});

async function ctl(...words: string[]): Promise<Ran> {
  return await bosunctl(['--socket', rig.socketPath, ...words]);
}

/** Command lines that answer at once, with the names at their longest. Those that are not here are in the test of the help. */
const LINES: readonly (readonly string[])[] = [
  ['status'],
  ['status', OTHER],
  ['start', LONG, '--no-wait'],
  ['start', LONG, '--timeout', '50ms'],
  ['stop', OTHER, '--timeout', '50ms'],
  ['restart', OTHER, '--no-wait'],
  ['reload', OTHER, '--no-wait'],
  ['signal', 'HUP', OTHER],
  ['why', OTHER],
  ['why', LONG],
  ['wait', OTHER, '--timeout', '50ms'],
  ['health'],
  ['graph'],
  ['timeline'],
  ['top'],
  ['plan'],
  ['doctor'],
  ['version'],
  ['key', 'list'],
  ['job', 'list'],
  ['status', 'a-name-of-nobody-which-is-about-as-long-as-the-name-of-a-service'],
];

describe('80 columns', { concurrency: 3 }, () => {
  for (const words of LINES)
    test(words.join(' '), async () => {
      const { stdout, stderr } = await ctl(...words);
      for (const line of `${stdout}${stderr}`.split('\n'))
        // A word is never broken where it is to be copied: a path, a name, a command line.
        assert.ok(line.length <= 80 || !line.trim().includes(' '), line);
      assert.doesNotMatch(stdout + stderr, /\u001b/);
    });

  test('the help of every command', async () => {
    const entries = await Promise.all(
      [...COMMAND_FILES.values()].map(async (load) => (await load()).command),
    );
    const program = createProgram({ ...createTerminal(process), columns: 80 });
    for (const entry of entries) addEntry(program, entry, () => Promise.resolve());
    const all = [program, ...program.commands, ...program.commands.flatMap((command) => command.commands)];
    assert.ok(all.length > entries.length);
    for (const command of all) {
      let text = '';
      command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 80 }).outputHelp();
      const usage = /Usage:.*\n|^ {2}bosunctl .*$|Example:[\s\S]*/gm;
      for (const line of text.replaceAll(usage, '').split('\n')) assert.ok(line.length <= 80, line);
    }
  });
});

describe('what was meant', () => {
  test('a command', async () => {
    const { code, stderr } = await ctl('stauts');
    assert.equal(code, 2);
    assert.match(stderr, /unknown command 'stauts'[\s\S]*Did you mean status\?/);
  });

  test('a service, for reads and for writes; as data with --json', async () => {
    for (const verb of ['status', 'why', 'logs', 'stop', 'start']) {
      const { code, stderr } = await ctl(verb, 'cadyd');
      assert.equal(code, 4);
      assert.match(stderr.replaceAll(/\s+/g, ' '), /There is no service "cadyd"\. Did you mean "caddy"\?/);
    }
  });

  test('nothing, where no name is close', async () => {
    assert.doesNotMatch((await ctl('status', 'postgresql')).stderr, /Did you mean/);
  });
});
