// The look-out for an application's settings: it hears of each change, says when the application is away, and asks only while somebody watches.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../../support/deadline.ts';
import type { WatchState } from '../../../supervisor/plane/application/application-watch.ts';
import { ChannelRig, Pki } from './support/channel-rig.ts';

let pki: Pki;
before(async () => {
  pki = await Pki.make();
});
after(() => {
  pki[Symbol.dispose]();
});

type Watching = {
  readonly told: readonly string[];
  readonly ends: readonly string[];
  readonly leave: () => void;
};

/** What was told, in short: `7 pool.size=4` or `away CODE`. */
function watching(rig: ChannelRig): Watching {
  const told: string[] = [];
  const ends: string[] = [];
  const leave = rig.watch.add({
    changed: () => {
      told.push(shorten(rig.watch.state));
    },
    ended: () => ends.push('ended'),
  });
  return { told, ends, leave };
}

function shorten(state: WatchState): string {
  if (state.kind === 'away') return `away ${state.failure.code}`;
  if (state.kind === 'unknown') return 'unknown';
  const { settings, epoch } = state;
  return `${epoch}:${settings.revision} pool.size=${JSON.stringify(settings.values.get('pool.size'))}`;
}

function waits(rig: ChannelRig): number {
  return rig.application.seen.filter(({ url }) => url.includes('wait=')).length;
}

test('each change is heard of, whoever made it, by one request that waits', async () => {
  await using rig = await ChannelRig.start(pki);
  const { told } = watching(rig);
  await until('a request that waits', () => waits(rig) === 1);
  rig.application.change({ 'pool.size': 5 });
  await until('the change', () => told.length === 2 && waits(rig) === 2);
  await rig.set({ 'pool.size': 6 });
  await until('the other change', () => told.length === 3);
  assert.deepEqual(told, ['0:1 pool.size=4', '0:2 pool.size=5', '0:3 pool.size=6']);
  assert.match(rig.application.seen[1]?.url ?? '', /^\/config\?after=1&wait=25$/);
});

test('two watchers are one look-out; the last one to leave ends it, and the next one begins anew', async () => {
  await using rig = await ChannelRig.start(pki);
  const one = watching(rig);
  const two = watching(rig);
  await until('a request that waits', () => waits(rig) === 1);
  assert.deepEqual([one.told, two.told], [['0:1 pool.size=4'], ['0:1 pool.size=4']]);
  assert.equal(rig.application.seen.length, 2);
  one.leave();
  rig.application.change({ 'pool.size': 5 });
  await until('the change', () => two.told.length === 2);
  assert.equal(one.told.length, 1);
  await until('the next request that waits', () => waits(rig) === 2);
  two.leave();
  rig.application.change({ 'pool.size': 6 });
  const seen = rig.application.seen.length;
  assert.equal(rig.watch.state.kind, 'unknown');
  const three = watching(rig);
  await until('the settings', () => three.told.length === 1);
  assert.deepEqual([three.told, rig.application.seen[seen]?.url], [['0:3 pool.size=6'], '/config']);
});

test('a break that ends at once is not told, a longer one is, and so is the return', async () => {
  await using rig = await ChannelRig.start(pki);
  const { told, ends } = watching(rig);
  await until('a request that waits', () => waits(rig) === 1);
  rig.application.meet('fine');
  rig.application.dropConnections();
  await until('another request that waits', () => waits(rig) === 2);
  assert.deepEqual(told, ['0:1 pool.size=4']);
  await rig.application.goAway();
  await until('the absence', () => told.includes('away application-unreachable'));
  rig.application.change({ 'pool.size': 7 });
  await rig.application.listen();
  await until('the return', () => told.at(-1) === '0:2 pool.size=7');
  assert.deepEqual(
    new Set(told),
    new Set(['0:1 pool.size=4', 'away application-unreachable', '0:2 pool.size=7']),
  );
  assert.deepEqual(ends, []);
});

test('a key that is refused is told, and once it is right again it goes on', async () => {
  await using rig = await ChannelRig.start(pki);
  rig.application.key = 'another-one';
  const { told } = watching(rig);
  await until('the refusal', () => told.includes('away application-refused-key'));
  rig.writeKey('another-one');
  await until('the settings', () => told.at(-1) === '0:1 pool.size=4');
});

test('a revision that goes back begins a new epoch', async () => {
  await using rig = await ChannelRig.start(pki, { timeoutMs: 500 });
  rig.application.reset(8, { 'pool.size': 1 });
  const { told } = watching(rig);
  await until('a request that waits', () => waits(rig) === 1);
  rig.application.reset(3, { 'pool.size': 2 });
  rig.application.dropConnections();
  await until('the settings from then on', () => told.at(-1) === '1:3 pool.size=2');
  assert.deepEqual(told, ['0:8 pool.size=1', '1:3 pool.size=2']);
});

test('304 with an older revision is found out too', async () => {
  await using rig = await ChannelRig.start(pki);
  rig.application.reset(8, { 'pool.size': 1 });
  rig.application.meet('fine', { status: 304, headers: { etag: 'W/"3"' } }, 'fine');
  const { told } = watching(rig);
  await until('the settings', () => told.length === 1);
  rig.application.reset(3, { 'pool.size': 2 });
  await until('the settings from then on', () => told.at(-1) === '1:3 pool.size=2');
});

test('an application that does not wait is not asked without end', async () => {
  await using rig = await ChannelRig.start(pki);
  rig.application.patience = 'none';
  watching(rig);
  await until('a third request', () => rig.application.seen.length === 3);
  const [, second = 0, third = 0] = rig.application.times;
  assert.ok(third - second >= 900, `after ${third - second} ms`);
});

test('when the service takes no settings any more, the watchers are told so', async () => {
  await using rig = await ChannelRig.start(pki);
  const { told, ends } = watching(rig);
  await until('the settings', () => told.length === 1);
  rig.spec = undefined;
  rig.application.change({ 'pool.size': 5 });
  await until('the end', () => ends.length === 1);
});
