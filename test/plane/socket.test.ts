import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { service } from './support/fleet-fixture.ts';
import { call, open } from './support/http.ts';
import { PlaneRig } from './support/plane-rig.ts';

const SERVICES = [service('caddy')];

class Directory implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'bosun-socket-'));
  readonly socketPath = join(this.path, 'deep', 'er', 'bosun.sock');

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

test('the directory is made, the socket has mode 0660, and it is gone at the end', async () => {
  using directory = new Directory();
  const { socketPath } = directory;
  await using rig = await PlaneRig.start({ services: SERVICES, settings: { socketPath } });
  assert.deepEqual(await rig.message('listening'), { type: 'listening', socketPath });
  assert.equal(statSync(socketPath).mode & 0o777, 0o660);
  assert.ok(statSync(socketPath).isSocket());
  const stream = await open(socketPath, '/v1/events', { headers: { accept: 'text/event-stream' } });
  stream.resume();
  rig.finish();
  await once(stream, 'end');
  await rig.message('flushed');
  assert.ok(!existsSync(socketPath));
});

test('a socket that a dead process left is replaced', async () => {
  using directory = new Directory();
  const { socketPath } = directory;
  {
    await using killed = await PlaneRig.start({ services: SERVICES, settings: { socketPath } });
    assert.equal((await call(killed.socketPath, '/healthz')).status, 200);
  }
  assert.ok(existsSync(socketPath), 'SIGKILL leaves it');
  await using rig = await PlaneRig.start({ services: SERVICES, settings: { socketPath } });
  assert.equal((await call(rig.socketPath, '/healthz')).status, 200);
});

test('a socket on which another process answers is left alone, and taken when it is free', async () => {
  using directory = new Directory();
  const socketPath = join(directory.path, 'bosun.sock');
  const other = createServer().listen(socketPath);
  await once(other, 'listening');
  await using rig = PlaneRig.begin({ services: SERVICES, settings: { socketPath } });
  assert.match(
    await rig.outputWith('cannot listen'),
    /cannot listen on .*bosun\.sock: another process answers there/,
  );
  assert.ok(existsSync(socketPath));
  await new Promise((resolve) => other.close(resolve));
  await rig.message('listening');
  assert.equal((await call(rig.socketPath, '/healthz')).status, 200);
});

test('a path that cannot be had is told and tried again', async () => {
  using directory = new Directory();
  writeFileSync(join(directory.path, 'file'), '');
  const socketPath = join(directory.path, 'file', 'bosun.sock');
  await using rig = PlaneRig.begin({ services: SERVICES, settings: { socketPath } });
  assert.match(await rig.outputWith('cannot listen'), /--socket/);
  rmSync(join(directory.path, 'file'));
  await rig.message('listening');
  assert.equal((await call(rig.socketPath, '/healthz')).status, 200);
});

test('a new worker takes the path over at once', async () => {
  await using rig = await PlaneRig.start({ services: SERVICES });
  rig.crash();
  await rig.message('worker-exit');
  const before = performance.now();
  await rig.restartWorker();
  assert.equal((await call(rig.socketPath, '/healthz')).status, 200);
  assert.ok(performance.now() - before < 5000);
  assert.doesNotMatch(rig.output.toString(), /cannot listen/);
});
