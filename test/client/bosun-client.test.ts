import assert from 'node:assert/strict';
import { writeSync } from 'node:fs';
import { test } from 'node:test';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import { BosunProblem, BosunUnreachable } from '../../supervisor/client/failure.ts';
import { comesUp, name, service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig } from '../plane/support/plane-rig.ts';

const OPTIONS = { services: [service('consul'), service('caddy')], pipes: 1 } as const;

test('events come once each and in order, also over the death of the control plane', async () => {
  await using rig = await PlaneRig.start(OPTIONS);
  const client = new BosunClient(rig.socketPath);
  const ids: number[] = [];
  const following = (async () => {
    for await (const streamed of client.followEvents({ after: 0 })) {
      ids.push(streamed.kind === 'event' ? streamed.event.id : -1);
      if (ids.length === 4) rig.crash();
      if (ids.length === 7) return;
    }
  })();
  rig.emit(comesUp('consul', 1));
  await rig.message('worker-exit');
  rig.emit(comesUp('caddy', 2));
  await rig.restartWorker();
  await following;
  assert.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7]);
});

test('a follower that has seen nothing yet misses nothing over the death of the control plane', async () => {
  await using rig = await PlaneRig.start(OPTIONS);
  const events = new BosunClient(rig.socketPath).followEvents({ services: ['caddy'] });
  const first = events.next();
  // The answer to a request that was made later: the stream is open by now.
  await new BosunClient(rig.socketPath).version();
  rig.crash();
  await rig.message('worker-exit');
  rig.emit([{ type: 'wanted', service: name('caddy'), wanted: 'down' }]);
  await rig.restartWorker();
  const { value } = await first;
  assert.equal(value?.kind === 'event' && value.event.details['wanted'], 'down');
  await events.return(undefined);
});

test('a stream ends when its signal is aborted, and the connection with it', async () => {
  await using rig = await PlaneRig.start(OPTIONS);
  const stop = new AbortController();
  const events = new BosunClient(rig.socketPath).followEvents({}, { signal: stop.signal });
  const next = events.next();
  stop.abort();
  await assert.rejects(next, { name: 'AbortError' });
});

test('log lines are typed and end with the loop', async () => {
  await using rig = await PlaneRig.start(OPTIONS);
  rig.lend(0, 'caddy', 'stderr');
  writeSync(rig.writeEnds[0] ?? -1, Buffer.from([0x61, 0xff, 0x0a]));
  await rig.outputWith('| a');
  for await (const line of new BosunClient(rig.socketPath).followLogs('caddy', 10)) {
    assert.equal(line.stream, 'stderr');
    assert.deepEqual(Buffer.from(line.base64 ?? '', 'base64'), Buffer.from([0x61, 0xff]));
    break;
  }
});

test('a refusal carries its problem, silence its errno', async () => {
  await using rig = await PlaneRig.start(OPTIONS);
  await assert.rejects(new BosunClient(rig.socketPath).service('ghost'), (error: unknown) => {
    assert.ok(error instanceof BosunProblem);
    assert.equal(error.problem.code, 'service-not-found');
    return true;
  });
  await assert.rejects(new BosunClient(`${rig.socketPath}.not`).services(), (error: unknown) => {
    assert.ok(error instanceof BosunUnreachable);
    assert.equal(error.code, 'ENOENT');
    return true;
  });
});
