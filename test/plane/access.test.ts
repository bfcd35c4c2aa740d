import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { SocketRule } from '../../supervisor/core/control-access.ts';
import { service } from './support/fleet-fixture.ts';
import { call } from './support/http.ts';
import { PlaneRig } from './support/plane-rig.ts';
import { refusal, refusalsOf } from './support/refusals.ts';

const NOBODY = 65_534;
const asRoot = process.getuid?.() === 0 ? {} : { skip: 'only root can ask as another user' };

type Asked = { readonly status: number; readonly body: Record<string, unknown> };
type Who = { readonly uid: number; readonly gid?: number; readonly groups?: readonly number[] };

/** A process of another user, as setpriv(1) starts it. */
async function askAs(who: Who, socketPath: string, method: string, path: string): Promise<Asked> {
  const { uid, gid = uid, groups = [] } = who;
  const others = groups.length === 0 ? ['--clear-groups'] : ['--groups', groups.join(',')];
  const curl = ['curl', '-s', '-w', '\n%{http_code}', '--unix-socket', socketPath, '-X', method];
  const words = [
    '--reuid',
    String(uid),
    '--regid',
    String(gid),
    ...others,
    ...curl,
    `http://localhost${path}`,
  ];
  const { stdout } = await promisify(execFile)('setpriv', words, { cwd: '/' });
  const [text = '', status = ''] = stdout
    .split('\n')
    .filter((line) => line !== '')
    .slice(-2);
  return { status: Number(status), body: text.startsWith('{') ? (JSON.parse(text) as Asked['body']) : {} };
}

async function startWith(rules: readonly SocketRule[], ownUid?: number): Promise<PlaneRig> {
  const settings = { socketRules: rules, ...(ownUid === undefined ? {} : { ownUid }) };
  const rig = await PlaneRig.start({
    services: [service('caddy')],
    settings,
    engine: () => ({ kind: 'accepted', services: [] }),
  });
  // The directories that the test made are its own user's only.
  chmodSync(rig.directory, 0o755);
  chmodSync(dirname(rig.socketPath), 0o755);
  return rig;
}

/** Whether they may read, control and administrate. */
async function rightsOf(who: Who, rig: PlaneRig): Promise<readonly number[]> {
  const asked = [
    await askAs(who, rig.socketPath, 'GET', '/v1/services'),
    await askAs(who, rig.socketPath, 'POST', '/v1/services/caddy/stop'),
    await askAs(who, rig.socketPath, 'POST', '/v1/shutdown'),
  ];
  return asked.map(({ status }) => status);
}

test('without rules only root and Bosun itself can connect: the mode is 0660', async () => {
  await using rig = await startWith([]);
  assert.equal(statSync(rig.socketPath).mode & 0o777, 0o660);
});

test('each refused attempt is told with who, what and why, and /healthz answers anyone', asRoot, async () => {
  await using rig = await startWith([{ kind: 'uid', uid: 1, role: 'observe' }]);
  assert.equal(statSync(rig.socketPath).mode & 0o777, 0o666);
  const { status, body } = await askAs({ uid: NOBODY }, rig.socketPath, 'GET', '/v1/services');
  assert.equal(status, 403);
  assert.equal(body['code'], 'not-allowed');
  assert.match(String(body['detail']), /you are uid 65534, gid 65534, pid \d+/);
  const told = await refusal(rig, () => true);
  assert.deepEqual(told, {
    type: 'access-refused',
    transport: 'socket',
    peer: 'uid:65534',
    action: 'GET /v1/services',
    reason: 'no rule gives a role to uid 65534, gid 65534',
    count: 1,
  });
  assert.equal(rig.all('note')[0]?.actor, 'uid:65534');
  assert.equal((await askAs({ uid: NOBODY }, rig.socketPath, 'GET', '/healthz')).status, 200);
  assert.equal(refusalsOf(rig).length, 1);
});

test('a rule gives its role and no greater one', asRoot, async () => {
  await using rig = await startWith([
    { kind: 'uid', uid: 101, role: 'observe' },
    { kind: 'uid', uid: 102, role: 'control' },
    { kind: 'uid', uid: 103, role: 'admin' },
  ]);
  assert.deepEqual(await rightsOf({ uid: 101 }, rig), [200, 403, 403]);
  assert.deepEqual(await rightsOf({ uid: 102 }, rig), [200, 202, 403]);
  assert.deepEqual(await rightsOf({ uid: 103 }, rig), [200, 202, 202]);
  assert.deepEqual(await rightsOf({ uid: 104 }, rig), [403, 403, 403]);
});

test('who has too small a role is told which it takes and how to get it', asRoot, async () => {
  await using rig = await startWith([{ kind: 'uid', uid: 101, role: 'observe' }]);
  const { status, body } = await askAs({ uid: 101 }, rig.socketPath, 'POST', '/v1/services/caddy/stop');
  assert.equal(status, 403);
  assert.equal(body['code'], 'role-too-low');
  assert.equal(body['detail'], 'This takes the role control, and uid:101 has the role observe.');
  assert.equal(body['next'], 'Give uid 101 that role under access: in bosun.yaml, or ask as root.');
  const told = await refusal(rig, () => true);
  assert.equal(told.reason, 'it has the role observe, and control is needed');
  assert.equal(told.action, 'POST /v1/services/caddy/stop');
  assert.equal(rig.all('command').length, 0, 'nothing of it came to the engine');
});

test('a group counts, be it the primary one or another, and the greatest role of all', asRoot, async () => {
  await using rig = await startWith([
    { kind: 'gid', gid: 201, role: 'observe' },
    { kind: 'gid', gid: 202, role: 'control' },
    { kind: 'uid', uid: 101, role: 'observe' },
  ]);
  assert.deepEqual(await rightsOf({ uid: NOBODY, gid: 201 }, rig), [200, 403, 403]);
  assert.deepEqual(await rightsOf({ uid: NOBODY, groups: [300, 202] }, rig), [200, 202, 403]);
  assert.deepEqual(await rightsOf({ uid: 101, gid: 201, groups: [202] }, rig), [200, 202, 403]);
  const many = Array.from({ length: 300 }, (_, index) => 1000 + index);
  assert.deepEqual(await rightsOf({ uid: NOBODY, groups: [...many, 202] }, rig), [200, 202, 403]);
  assert.deepEqual(await rightsOf({ uid: NOBODY, groups: many }, rig), [403, 403, 403]);
});

test("Bosun's own user may do everything, whatever the rules say", asRoot, async () => {
  await using rig = await startWith([{ kind: 'uid', uid: NOBODY, role: 'observe' }], NOBODY);
  assert.deepEqual(await rightsOf({ uid: NOBODY }, rig), [200, 202, 202]);
});

test('whoever runs Bosun is let in, but no page of a browser is', async () => {
  await using rig = await startWith([]);
  assert.equal((await call(rig.socketPath, '/v1/services')).status, 200);
  const { status, json } = await call(rig.socketPath, '/v1/services', {
    headers: { origin: 'http://localhost' },
  });
  assert.equal(status, 403);
  assert.equal(json['code'], 'origin-not-allowed');
  assert.match((await refusal(rig, () => true)).reason, /page in a browser/);
});
