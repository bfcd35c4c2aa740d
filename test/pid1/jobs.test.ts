// Jobs of a Bosun that is PID 1, or is not: their processes end for certain, whatever becomes of the control plane, and with the container.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import type { JobView } from '../../supervisor/wire/job-view.ts';
import { childrenOf, Container, processState, zombiesOf } from '../support/container.ts';
import { eventsOf, reaches } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';

const SERVICES = { idle: 'command: [sleep, "100000"]\n' };
const STUBBORN = ['sh', '-c', "trap '' HUP INT TERM; touch up; while :; do sleep 0.02; done"];

async function reachesState(
  client: BosunClient,
  id: number,
  ...states: JobView['state'][]
): Promise<JobView> {
  return until(`job ${id} to be ${states.join(' or ')}`, async () => {
    const view = await client.jobs.get(id).catch(() => undefined);
    return view !== undefined && states.includes(view.state) && view;
  });
}

for (const place of ['pid1', 'below'] as const) {
  test(`${place}: a job ends with all that it has left in its session, and no zombie stays`, async () => {
    await using container = new Container({ services: SERVICES, place });
    const { pid: idle } = await reaches(container, 'idle', 'running');
    const client = new BosunClient(container.socket);
    const script = 'set -m; for n in 1 2 3 4 5; do sleep 1000 & (setsid true &) done; exit 3';
    const { id } = await client.jobs.run({ command: ['bash', '-c', script] });
    const { status } = await reachesState(client, id, 'exited');
    assert.equal(status, 'exited: 3');
    const pid = await container.pid();
    await until('no zombie', () => zombiesOf(pid).length === 0);
    assert.equal(childrenOf(pid).length, 1, 'the service alone is left');
    assert.equal((await reaches(container, 'idle', 'running')).pid, idle);
  });

  test(`${place}: a job that ignores every request is killed at the end of the container, within its budget`, async () => {
    await using container = new Container({
      services: SERVICES,
      place,
      options: ['--shutdown-budget', '2s'],
    });
    await reaches(container, 'idle', 'running');
    const client = new BosunClient(container.socket);
    await client.jobs.run({ command: STUBBORN, working_dir: container.directory });
    await until('the job', () => container.read('up') !== undefined);
    const children = childrenOf(await container.pid());
    const beganMs = performance.now();
    await container.signal('SIGTERM');
    assert.deepEqual(await container.end(), { code: 0, signal: null });
    assert.ok(performance.now() - beganMs < 2500);
    for (const child of children) assert.equal(processState(child), undefined);
  });
}

test('a control plane that dies three times: the job has the same process, and can be stopped', async () => {
  await using container = new Container({
    services: SERVICES,
    environment: { BOSUN_FAULT_INJECTION: 'plane' },
  });
  await reaches(container, 'idle', 'running');
  const client = new BosunClient(container.socket);
  const { id } = await client.jobs.run({
    command: STUBBORN,
    working_dir: container.directory,
    stop_interval: '100ms',
  });
  const before = await reachesState(client, id, 'running');
  await until('the job', () => container.read('up') !== undefined);
  for (let crash = 1; crash <= 3; crash++) {
    await container.signal('SIGUSR2');
    await until('the new worker', async () => {
      const events = await eventsOf(container).catch(() => []);
      return events.filter((event) => event.type === 'plane-restarted').length === crash;
    });
  }
  assert.equal((await reachesState(client, id, 'running')).pid, before.pid);
  await client.jobs.stop(id);
  assert.equal((await reachesState(client, id, 'stopped')).end?.signal, 'SIGKILL');
});

test('a job has the limits and the user that it asks for', async () => {
  await using container = new Container({ services: SERVICES });
  await reaches(container, 'idle', 'running');
  const client = new BosunClient(container.socket);
  const file = `${container.directory}/limits`;
  const script = `(id -u; ulimit -n) > ${file}`;
  const { id } = await client.jobs.run({
    command: ['sh', '-c', script],
    user: 'nobody',
    limits: { nofile: 77 },
  });
  await reachesState(client, id, 'exited');
  assert.equal(readFileSync(file, 'utf8'), '65534\n77\n');
});

test('jobs leave the descriptors that services will want: those that do not run can be started', async () => {
  const names = Array.from({ length: 15 }, (_, index) => `s${index}`);
  await using container = new Container({
    services: Object.fromEntries(names.map((name) => [name, 'command: [sleep, "100000"]\n'])),
    through: ['prlimit', '--nofile=400:400'],
  });
  for (const name of names) await reaches(container, name, 'running');
  const client = new BosunClient(container.socket);
  await client.command('stop', names, { waitMs: 10_000 });
  const refusal = await until('the first job that does not start', () =>
    client.jobs.run({ command: ['sleep', '100000'] }).then(
      () => undefined,
      (error: unknown) => String(error),
    ),
  );
  assert.match(refusal, /limit of open files .*\(EMFILE\)/);
  await client.command('start', names, { waitMs: 10_000 });
  const { services } = await client.services();
  assert.deepEqual(new Set(services.map(({ state }) => state)), new Set(['running']));
});
