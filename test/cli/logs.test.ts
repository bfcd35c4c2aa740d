import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DEFAULT_LOGS } from '../../supervisor/core/log-spec.ts';
import { logLineView } from '../../supervisor/wire/log-view.ts';
import { nameColumn, renderLine } from '../../supervisor/cli/log-lines.ts';
import { service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig } from '../plane/support/plane-rig.ts';
import { bosunctl, FollowingCtl, type Ran } from './support/bosunctl.ts';
import { PLAIN_LOG_FILE } from '../support/log-file-spec.ts';

const directory = mkdtempSync(join(tmpdir(), 'bosun-ctl-logs-'));
const file = {
  ...PLAIN_LOG_FILE,
  directory: join(directory, 'web'),
  maxBytes: 300,
};
let rig: PlaneRig;

before(async () => {
  rig = await PlaneRig.start({
    services: [service('web', { logs: { ...DEFAULT_LOGS, format: 'raw', file } }), service('database')],
    pipes: 2,
  });
  rig.lend(0, 'web');
  rig.lend(1, 'database', 'stderr');
  await write(0, 'web 1\nweb 2\n');
  await write(1, 'database 1\n');
  await write(0, `web 3, with status=500 and ${'more '.repeat(30)}\n`);
});
after(async () => {
  await rig[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

async function write(pipe: number, text: string): Promise<void> {
  writeSync(rig.writeEnds[pipe] ?? -1, text);
  await rig.outputWith(text.slice(0, 5));
}

async function logs(...words: string[]): Promise<Ran> {
  return await bosunctl(['logs', ...words], { BOSUN_SOCKET: rig.socketPath });
}

test('one service: its lines as they are; several, or all: with the name before each, by time', async () => {
  assert.match((await logs('web')).stdout, /^web 1\nweb 2\nweb 3, with status=500 and (more ){30}\n$/);
  for (const words of [[], ['web', 'database']]) {
    const { stdout } = await logs(...words);
    assert.match(
      stdout,
      /^web {6}\| web 1\nweb {6}\| web 2\ndatabase \| database 1\nweb {6}\| web 3, .*\n$/,
      'a long line is not folded, and nothing has a colour',
    );
  }
});

test('-n, --stream, --grep, -i, --since, --until, -t', async () => {
  assert.equal((await logs('-n', '2', '--stream', 'stderr')).stdout, 'database | database 1\n');
  assert.equal((await logs('-n', '1', '--grep', 'web [12]')).stdout, 'web      | web 2\n');
  assert.equal((await logs('web', '--grep', 'STATUS=5\\d\\d')).stdout, '');
  assert.match((await logs('web', '--grep', 'STATUS=5\\d\\d', '-i')).stdout, /^web 3/);
  assert.equal((await logs('--since', '1h', '-n', 'all')).stdout.split('\n').length, 5);
  assert.equal((await logs('--until', '1h')).stdout, '');
  assert.match(
    (await logs('web', '-t', '-n', '3')).stdout,
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z web 1\n/,
  );
});

test('--json: objects that a program can go on with', async () => {
  const { stdout } = await logs('--json');
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.length, 4);
  for (const line of lines) logLineView.parse(JSON.parse(line));
});

for (const [code, words, says] of [
  [2, ['web', '-f', '--until', '1m'], /has no end/],
  [2, ['web', '-n', 'many'], /whole number or all/],
  [2, ['web', '--stream', 'both'], /stdout or stderr/],
  [2, ['web', '--since', 'yesterday'], /is no time/],
  [2, ['web', '--grep', '(a+)+'], /may take for ever/],
  [4, ['wep'], /Did you mean "web"/],
] as const)
  test(`${words.join(' ')}: ${code}`, async () => {
    const { code: given, stderr } = await logs(...words);
    assert.equal(given, code);
    assert.match(stderr.replaceAll(/\n +/g, ' '), says);
  });

test('-f goes on over the death of the control plane, and ends by Ctrl-C', async () => {
  await using following = new FollowingCtl(['--socket', rig.socketPath, 'logs', '-f', '-n', '1']);
  await following.outputWith('database 1');
  rig.crash();
  await rig.message('worker-exit');
  writeSync(rig.writeEnds[0] ?? -1, 'while it is away\n');
  await rig.restartWorker();
  await following.outputWith('while it is away');
  writeSync(rig.writeEnds[1] ?? -1, 'database 2\n');
  const output = await following.outputWith('database 2');
  assert.equal(output.match(/database 1/g)?.length, 1, output);
  assert.doesNotMatch(output, /bosunctl:/);
});

test('a name has a colour of its own on a terminal', () => {
  const column = nameColumn(['web', 'db'], { paint: (style, text) => `<${style}>${text}</>` });
  const style = { names: 'shown', times: 'hidden' } as const;
  const line = { service: 'db', line: 'text', cursor: 'db:f1.5' };
  assert.equal(renderLine(line, column('db'), style), '<yellow>db  |</> text\n');
  assert.notEqual(column('web').slice(0, 6), column('db').slice(0, 6));
  const bytes = renderLine({ ...line, base64: Buffer.from([0xff]).toString('base64') }, column('db'), style);
  assert.ok(Buffer.isBuffer(bytes) && bytes.at(-2) === 0xff);
});
