// A change that was made and told, whose control plane has died before it could answer: who asks again gets the answer, and nothing is done.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SettingsApplication } from '../../support/settings-application.ts';
import { service } from '../support/fleet-fixture.ts';
import { call } from '../support/http.ts';
import { PlaneRig } from '../support/plane-rig.ts';
import { KEY, Pki, VALUES } from './support/channel-rig.ts';

const PATH = '/v1/services/backend/application';
const CHANGE = { method: 'PATCH', headers: { 'idempotency-key': 'k' }, body: '{"values":{"pool.size":8}}' };

test('the answer comes from the event', async () => {
  using pki = await Pki.make();
  await using application = await SettingsApplication.start(pki.server.pem, KEY, VALUES);
  const keyFile = join(pki.directory, 'key');
  writeFileSync(keyFile, KEY);
  const spec = {
    url: application.url(),
    socketPath: '',
    keyFile,
    authorityFile: pki.authority.certificate,
    serverName: '',
    timeoutMs: 5000,
    retryMs: 10_000,
  };
  await using rig = await PlaneRig.start({ services: [service('backend', { application: spec })] });
  const lost = call(rig.socketPath, PATH, CHANGE).catch(() => 'no answer');
  const { event, command, actor } = await rig.message('note');
  rig.crash();
  assert.equal(await lost, 'no answer');
  rig.emit([event], command, actor);
  await rig.restartWorker();
  const asked = application.seen.length;
  const again = await call(rig.socketPath, PATH, CHANGE);
  assert.equal(again.status, 200, again.text);
  assert.deepEqual(again.json, {
    service: 'backend',
    revision: 2,
    changes: [{ key: 'pool.size', old: 4, new: 8 }],
    command,
    last_event_id: rig.recorder.lastId,
  });
  assert.deepEqual([application.seen.length, application.effects.length], [asked, 1]);
  assert.equal(rig.all('note').length, 1);
});
