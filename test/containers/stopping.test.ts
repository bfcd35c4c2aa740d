// Bosun as PID 1 of a container: `docker stop`, `docker kill -s HUP`, `docker restart`.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BosunContainer } from './support/bosun-container.ts';
import { mustDocker, withEngine } from './support/docker.ts';
import { DEAF, IDLE, OBEDIENT } from './support/services.ts';

/** `docker stop` sends SIGKILL after that. */
const GRACE_MS = 10_000;

describe('a container of Bosun', withEngine, () => {
  it('has Bosun as process 1, which is the parent of the services and reaps what is left to it', async () => {
    const forks = `command: [sh, -c, 'while :; do (sleep 0.01 &) ; sleep 0.05; done']\n`;
    await using container = await BosunContainer.start({ services: { forks, idle: IDLE } });
    await container.log.line(/"pid":1,"service":"bosun","event":"booted"/);
    const { pid } = await container.reaches('idle', 'running');
    assert.equal(await parentOf(container, pid ?? 0), 1);
    // A few hundred processes are left to process 1 in that time.
    for (let looks = 0; looks < 5; looks++) assert.deepEqual(await zombies(container), []);
  });

  it('ends in order and with 0 on `docker stop`, at once when the services obey', async () => {
    await using container = await BosunContainer.start({
      services: { back: OBEDIENT, front: `${OBEDIENT}depends_on: [back]\n` },
    });
    await container.reaches('front', 'running');
    const { code, ms } = await container.stop();
    assert.equal(code, 0);
    assert.ok(ms < GRACE_MS / 2, `it took ${ms} ms`);
    await container.log.line(/shutdown-finished/);
    const told = container.told();
    assert.ok(told.indexOf('exited front') < told.indexOf('stopping back'), told.join('\n'));
    assert.equal(container.log.text.match(/"msg":"bye"/g)?.length, 2);
  });

  it('ends inside of the grace period also when a service ignores SIGTERM', async () => {
    await using container = await BosunContainer.start({ services: { deaf: DEAF, polite: OBEDIENT } });
    await container.log.line(/"service":"deaf".*"msg":"up"/);
    const { code, ms } = await container.stop();
    assert.equal(code, 0, 'Docker had to kill it');
    assert.ok(ms < GRACE_MS, `it took ${ms} ms`);
    await container.log.line(/shutdown-finished/);
    assert.ok(container.told().includes('killed deaf'));
    assert.ok(!container.told().includes('killed polite'));
  });

  it('reloads its configuration on `docker kill -s HUP`: only what has changed restarts', async () => {
    await using container = await BosunContainer.start({
      services: { changes: IDLE, goes: IDLE, stays: IDLE },
    });
    const before = await container.reaches('stays', 'running');
    const changing = await container.reaches('changes', 'running');
    container.writeService('changes', 'command: [sleep, "100000"]\n');
    container.writeService('comes', IDLE);
    container.removeService('goes');
    await mustDocker('kill', '--signal', 'HUP', container.name);
    await container.reaches('comes', 'running');
    const changed = await container.reaches('changes', 'running');
    assert.notEqual(changed.pid, changing.pid);
    assert.equal(await container.shell(`tr '\\0' ' ' </proc/${String(changed.pid)}/cmdline`), 'sleep 100000');
    assert.equal((await container.status('stays')).pid, before.pid);
    assert.ok(container.told().includes('exited goes'), container.told().join('\n'));
    assert.equal(await container.inspect('{{.State.Running}}'), 'true');
  });

  it('starts again over what a killed one has left in /run, and goes on with its journal', async () => {
    await using container = await BosunContainer.start({ services: { idle: IDLE } });
    await container.reaches('idle', 'running');
    const before = (await container.events()).at(-1);
    await mustDocker('kill', container.name);
    assert.match(await mustDocker('diff', container.name), /^A \/run\/bosun\/bosun\.sock$/m);
    await mustDocker('restart', container.name);
    await container.reaches('idle', 'running');
    const events = await container.events();
    const booted = events.findLast(({ type }) => type === 'booted');
    assert.ok((booted?.id ?? 0) > (before?.id ?? Infinity), JSON.stringify(booted));
    assert.equal((await container.ctl('restart', 'idle')).code, 0);
    assert.equal((await container.stop()).code, 0);
  });
});

async function parentOf(container: BosunContainer, pid: number): Promise<number> {
  return Number(await container.shell(`grep PPid /proc/${pid}/status | cut -f2`));
}

async function zombies(container: BosunContainer): Promise<readonly string[]> {
  // What ends between the glob and the grep is not there to be read.
  const found = await container.shell(
    'for round in 1 2 3 4 5 6 7 8; do grep -sl "^State:.Z" /proc/[0-9]*/status >/tmp/now; ' +
      'sort /tmp/now >/tmp/sorted; [ $round = 1 ] && cp /tmp/sorted /tmp/all; ' +
      'comm -12 /tmp/all /tmp/sorted >/tmp/both; mv /tmp/both /tmp/all; sleep 0.02; done; cat /tmp/all',
  );
  return found.split('\n').filter(Boolean);
}
