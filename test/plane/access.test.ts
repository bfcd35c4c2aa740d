import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { service } from './support/fleet-fixture.ts';
import { call } from './support/http.ts';
import { PlaneRig } from './support/plane-rig.ts';

const NOBODY = 65_534;
const asRoot = process.getuid?.() === 0 ? {} : { skip: 'only root can ask as another user' };

const ASK = `
const { request } = require('node:http');
request({ socketPath: process.argv[1], path: process.argv[2] }, (answer) => {
  let text = '';
  answer.on('data', (chunk) => (text += chunk));
  answer.on('end', () => console.log(JSON.stringify({ status: answer.statusCode, text })));
}).end();`;

/** As another user, of root's group: the mode of the socket lets it connect. */
async function askAs(
  uid: number,
  socketPath: string,
  path: string,
): Promise<{ status: number; text: string }> {
  const words = ['-e', ASK, socketPath, path];
  const { stdout } = await promisify(execFile)(process.execPath, words, { uid, gid: 0, cwd: '/', env: {} });
  return JSON.parse(stdout) as { status: number; text: string };
}

/** The directory that the test made is its own user's only. */
function letIn(rig: PlaneRig): void {
  chmodSync(rig.directory, 0o755);
  chmodSync(dirname(rig.socketPath), 0o755);
}

test('another user is refused with 403 and a line in the log; /healthz answers anyone', asRoot, async () => {
  await using rig = await PlaneRig.start({ services: [service('caddy')] });
  letIn(rig);
  const refused = await askAs(NOBODY, rig.socketPath, '/v1/services');
  assert.equal(refused.status, 403);
  const problem = JSON.parse(refused.text) as Record<string, unknown>;
  assert.equal(problem['code'], 'not-allowed');
  assert.match(String(problem['next']), /root/);
  assert.match(
    await rig.outputWith('refused GET'),
    /refused GET \/v1\/services to uid 65534, gid 0, pid \d+/,
  );
  assert.equal((await askAs(NOBODY, rig.socketPath, '/healthz')).status, 200);
});

test("Bosun's own user may do everything", asRoot, async () => {
  await using rig = await PlaneRig.start({ services: [service('caddy')], settings: { ownUid: NOBODY } });
  letIn(rig);
  assert.equal((await askAs(NOBODY, rig.socketPath, '/v1/services')).status, 200);
  assert.equal((await askAs(NOBODY - 1, rig.socketPath, '/v1/services')).status, 403);
});

test('whoever runs Bosun is let in', async () => {
  await using rig = await PlaneRig.start({ services: [service('caddy')] });
  assert.equal((await call(rig.socketPath, '/v1/services')).status, 200);
});
