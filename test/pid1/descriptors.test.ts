// More services than there are descriptors for: the first run, the others back off and say why, Bosun can be asked, and whoever waits
// comes up as soon as there is room.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import type { ServiceView } from '../../supervisor/wire/service-view.ts';
import { Container } from '../support/container.ts';
import { eventsOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';

const LIMIT = 96;
const NAMES = Array.from({ length: 20 }, (_, index) => `s${String(index).padStart(2, '0')}`);
const EAGER = 'command: [sleep, "100000"]\nrestart: {delay: 50ms, max_delay: 100ms}\n';

async function inState(container: Container, state: ServiceView['state']): Promise<readonly ServiceView[]> {
  const { services } = await new BosunClient(container.socket).services();
  return services.filter((service) => service.state === state);
}

const pidsOf = (services: readonly ServiceView[]): ReadonlyMap<string, number | null> =>
  new Map(services.map(({ name, pid }) => [name, pid]));

test('EMFILE: some run, some wait, all are told, and there is room after a stop', async () => {
  await using container = new Container({
    services: Object.fromEntries(NAMES.map((name) => [name, EAGER])),
    through: ['prlimit', `--nofile=${LIMIT}:${LIMIT}`],
  });
  await until('two failures of the last one', async () => {
    const failures = (await eventsOf(container)).filter(
      ({ type, service }) => type === 'spawn-failed' && service === NAMES.at(-1),
    );
    return failures.length >= 2;
  });
  // Asked while there is nothing left for a service.
  const status = await container.ctl('status');
  assert.equal(status.code, 0, status.stderr);
  const running = await inState(container, 'running');
  assert.ok(running.length >= 3 && running.length <= NAMES.length - 4, `${running.length} run`);
  const failure = (await eventsOf(container)).findLast(({ type }) => type === 'spawn-failed');
  assert.match(JSON.stringify(failure?.details), /limit of open files .*\(EMFILE\)/);

  const stopped = running.slice(0, 2).map(({ name }) => name);
  const kept = pidsOf(running.slice(2));
  assert.equal((await container.ctl('stop', ...stopped)).code, 0);
  const others = await until('others to come up', async () => {
    const now = await inState(container, 'running');
    // A launch takes the writing ends too for a moment: two that have gone make room for one at least.
    return now.length > running.length - 2 ? now : undefined;
  });
  assert.ok(others.every(({ name }) => !stopped.includes(name)));
  for (const [name, pid] of kept) assert.equal(pidsOf(others).get(name), pid, `${name} has not noticed`);

  // One after the other has its turn, until nobody waits any more.
  const ran = new Set(others.map(({ name }) => name));
  await until('all to have had their turn', async () => {
    const up = await inState(container, 'running');
    for (const { name } of up) ran.add(name);
    if ((await inState(container, 'backoff')).length > 0)
      assert.equal((await container.ctl('stop', up[0]?.name ?? '')).code, 0);
    return ran.size + stopped.length === NAMES.length;
  });
  assert.deepEqual([...ran, ...stopped].toSorted(), NAMES);
  assert.doesNotMatch(container.stderr.text, /internal error|control plane failed/);
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
});
