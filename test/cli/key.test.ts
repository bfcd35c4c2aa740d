import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keysView, newKeyView } from '../../supervisor/wire/key-view.ts';
import { service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig } from '../plane/support/plane-rig.ts';
import { bosunctl, type Ran } from './support/bosunctl.ts';

let rig: PlaneRig;

before(async () => {
  rig = await PlaneRig.start({ services: [service('consul')] });
});
after(async () => {
  await rig[Symbol.asyncDispose]();
});

async function ctl(...words: string[]): Promise<Ran> {
  return await bosunctl(words, { BOSUN_SOCKET: rig.socketPath });
}

async function ids(): Promise<readonly string[]> {
  return keysView.parse(JSON.parse((await ctl('key', 'list', '--json')).stdout)).keys.map(({ id }) => id);
}

test('a key is printed alone, once; the list has everything else about it', async () => {
  const made = await ctl('key', 'create', '--role', 'observe', 'grafana');
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /^\S{32,}\n$/);
  const [, id = ''] =
    /^bosunctl: key (\S+) \(grafana, observe\)\. It is shown this once/.exec(made.stderr) ?? [];
  assert.ok((await ids()).includes(id), made.stderr);
  const { stdout } = await ctl('key', 'list');
  assert.match(stdout, /^ID +ROLE +MADE +ENDS +NAME$/m);
  assert.match(stdout, new RegExp(`^${id} +observe +\\d+ (ms|s) ago +- +grafana$`, 'm'));
  assert.ok(!stdout.includes(made.stdout.trim()));
  assert.equal(
    newKeyView.parse(JSON.parse((await ctl('key', 'create', '--role', 'admin', '--json')).stdout)).name,
    'admin',
  );
});

test('a rotation says until when the old key is good; a revoked one is gone', async () => {
  const old = newKeyView.parse(
    JSON.parse((await ctl('key', 'create', '--role', 'control', '--json')).stdout),
  );
  const rotated = await ctl('key', 'rotate', old.id, '--overlap', '10m');
  assert.equal(rotated.code, 0, rotated.stderr);
  assert.notEqual(rotated.stdout, `${old.key}\n`);
  assert.match(rotated.stderr, new RegExp(`The old key ${old.id} stays good until 20\\S+Z\\.`));
  assert.match(
    (await ctl('key', 'list')).stdout,
    new RegExp(`^${old.id} +control .* in (10 min|600 s|599 s) +control$`, 'm'),
  );
  const [, id = ''] = /key (\S+) \(control, control\)/.exec(rotated.stderr) ?? [];
  assert.match(
    (await ctl('key', 'rotate', id)).stderr,
    new RegExp(`The old key ${id} is refused from now on\\.`),
  );
  assert.equal((await ctl('key', 'revoke', old.id)).stdout, `${old.id} is revoked\n`);
  assert.ok(!(await ids()).includes(old.id));
});

const WRONG: readonly (readonly [number, readonly string[], RegExp])[] = [
  [2, ['create'], /key create needs --role observe, --role control or --role admin/],
  [2, ['create', '--role', 'root'], /there is no role "root"; give --role observe/],
  [2, ['create', '--role', 'admin', 'a/b'], /is not a name/],
  [2, ['rotate', 'x', '--overlap', 'soon'], /--overlap takes a duration such as 10m/],
  [1, ['revoke', 'ghost'], /ghost/],
];

for (const [exitCode, words, sentence] of WRONG) {
  test(`bosunctl key ${words.join(' ')} ends with ${exitCode}`, async () => {
    const { code, stdout, stderr } = await ctl('key', ...words);
    assert.match(stderr, sentence);
    assert.deepEqual([code, stdout], [exitCode, '']);
  });
}
