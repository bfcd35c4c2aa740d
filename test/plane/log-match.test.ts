// Lines of the output that the engine waits for, through the real control plane: it is told once, whatever way they come.
import assert from 'node:assert/strict';
import { closeSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import type { WatchedLine } from '../../supervisor/core/plane-message.ts';
import { service } from './support/fleet-fixture.ts';
import { PlaneRig } from './support/plane-rig.ts';

const CADDY = { services: [service('caddy')], pipes: 2 } as const;
const READY: WatchedLine = { purpose: 'readiness', pattern: '^ready$' };
const STARTED: WatchedLine = { purpose: 'startup', pattern: '^started$' };
/** Written after what a test is about: when it is told, everything before it has been. */
const fence = (purpose: WatchedLine['purpose']): WatchedLine => ({ purpose, pattern: '^fence$' });

function end(rig: PlaneRig, pipe = 0): number {
  const fd = rig.writeEnds[pipe];
  assert.ok(fd !== undefined);
  return fd;
}

const told = (rig: PlaneRig): readonly string[] =>
  rig.all('line-matched').map(({ service: name, run, purpose }) => `${name} ${run} ${purpose}`);

test('a line is told with its run, also when it comes in pieces and in colours', async () => {
  await using rig = await PlaneRig.start(CADDY);
  rig.lend(0, 'caddy', 'stdout', [READY]);
  writeSync(end(rig), 'not ready\n\u001b[3');
  writeSync(end(rig), '2mrea');
  await rig.outputWith('not ready');
  assert.deepEqual(told(rig), []);
  writeSync(end(rig), 'dy\u001b[0m\nrest\n');
  await rig.message('line-matched');
  assert.deepEqual(told(rig), ['caddy 1 readiness']);
  // It is a line of the log all the same.
  await rig.outputWith('\u001b[32mready\u001b[0m\n');
});

test('once for each purpose, over both streams', async () => {
  await using rig = await PlaneRig.start(CADDY);
  rig.lend(0, 'caddy', 'stdout', [READY, fence('startup')]);
  rig.lend(1, 'caddy', 'stderr', [READY, fence('startup')]);
  writeSync(end(rig, 0), 'ready\nready\n');
  await rig.message('line-matched');
  writeSync(end(rig, 1), 'ready\nfence\n');
  await rig.until(() => told(rig).length > 1, 'the fence');
  assert.deepEqual(told(rig), ['caddy 1 readiness', 'caddy 1 startup']);
});

test('once, also when the other stream comes after it has matched', async () => {
  await using rig = await PlaneRig.start(CADDY);
  rig.lend(0, 'caddy', 'stdout', [READY, fence('startup')]);
  writeSync(end(rig, 0), 'ready\n');
  await rig.message('line-matched');
  rig.lend(1, 'caddy', 'stderr', [READY, fence('startup')]);
  writeSync(end(rig, 1), 'ready\nfence\n');
  await rig.until(() => told(rig).length > 1, 'the fence');
  assert.deepEqual(told(rig), ['caddy 1 readiness', 'caddy 1 startup']);
});

test('a pattern of one stream does not see the other', async () => {
  await using rig = await PlaneRig.start(CADDY);
  rig.lend(0, 'caddy', 'stdout', [READY]);
  rig.lend(1, 'caddy', 'stderr', [fence('startup')]);
  writeSync(end(rig, 1), 'ready\nfence\n');
  await rig.message('line-matched');
  assert.deepEqual(told(rig), ['caddy 1 startup']);
});

test('a last line without a newline counts when the pipe ends', async () => {
  await using rig = await PlaneRig.start(CADDY);
  rig.lend(0, 'caddy', 'stdout', [READY]);
  writeSync(end(rig), 'ready');
  closeSync(end(rig));
  await rig.message('line-matched');
  assert.deepEqual(told(rig), ['caddy 1 readiness']);
});

test('a line that one thread has begun to read and another one ends is found', async () => {
  await using rig = await PlaneRig.start(CADDY);
  rig.lend(0, 'caddy', 'stdout', [READY, STARTED]);
  writeSync(end(rig), 'started\nrea');
  await rig.message('line-matched');
  await rig.outputWith('started');
  await rig.crashLogs();
  writeSync(end(rig), 'dy\nstarted\n');
  await rig.until(() => told(rig).length > 1, 'the second line');
  assert.deepEqual(told(rig), ['caddy 1 startup', 'caddy 1 readiness']);
});

test('a line is found while there is no control plane', async () => {
  await using rig = await PlaneRig.start(CADDY);
  rig.crash();
  await rig.message('worker-exit');
  rig.lend(0, 'caddy', 'stdout', [READY]);
  writeSync(end(rig), 'ready\n');
  await rig.message('line-matched');
  await rig.outputWith('ready');
});

test('a pattern that cannot be used is told, and ends nothing', async () => {
  await using rig = await PlaneRig.start(CADDY);
  rig.lend(0, 'caddy', 'stdout', [{ purpose: 'startup', pattern: '((' }, READY]);
  writeSync(end(rig), 'ready\n');
  await rig.message('line-matched');
  await rig.outputWith('caddy: cannot look for (( in its output');
  assert.deepEqual(told(rig), ['caddy 1 readiness']);
});
