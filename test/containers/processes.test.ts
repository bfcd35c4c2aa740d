// Bosun and the processes of a container that it has not started: `--init`, `--pid container:NAME`, `docker exec`.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../support/deadline.ts';
import { BosunContainer } from './support/bosun-container.ts';
import { mustDocker, withEngine } from './support/docker.ts';
import { IDLE, OBEDIENT } from './support/services.ts';

/** Leaves a process to whoever reaps here, and says which. */
const LEAVES = `command: [bash, -c, '(sleep 1000 & echo left $$!); exec sleep infinity']\n`;

describe('processes that Bosun has not started', withEngine, () => {
  it('are reaped by Bosun below --init too: it is their subreaper', async () => {
    await using container = await BosunContainer.start({ services: { leaves: LEAVES }, docker: ['--init'] });
    const bosun = await pidOfBosun(container);
    assert.notEqual(bosun, 1);
    assert.match(await container.shell('cat /proc/1/comm'), /docker-init|tini/);
    const orphan = await pidLeft(container);
    assert.equal(await field(container, orphan, 'PPid'), String(bosun));
    await endAndVanish(container, orphan);
    const { code } = await container.stop();
    assert.equal(code, 0);
    assert.ok(container.told().includes('shutdown-finished'), container.log.text);
  });

  it('are reaped when `docker exec` has left them', async () => {
    await using container = await BosunContainer.start({ services: { idle: IDLE } });
    await container.reaches('idle', 'running');
    // Its parent ends with the exec.
    const orphan = Number(await container.shell('setsid sleep 1000 >/dev/null 2>&1 & echo $!'));
    await until('its adoption', async () => (await field(container, orphan, 'PPid')) === '1');
    await endAndVanish(container, orphan);
    // One that still lives at the end does not hold it up.
    await container.shell('(trap "" TERM; exec setsid sleep 2000) >/dev/null 2>&1 &');
    const { code, ms } = await container.stop();
    assert.equal(code, 0);
    assert.ok(ms < 10_000, `it took ${ms} ms`);
    await container.log.line(/survivors-found.*sleep/);
  });

  it('are seen and left alone in the PID namespace of another container; its own end with Bosun', async () => {
    await using other = await BosunContainer.start({
      docker: ['--entrypoint', 'sleep'],
      args: ['infinity'],
    });
    await using container = await BosunContainer.start({
      services: { web: OBEDIENT, leaves: LEAVES },
      docker: ['--pid', `container:${other.name}`],
    });
    await container.reaches('web', 'running');
    assert.equal(await container.shell('cat /proc/1/comm'), 'sleep');
    const orphan = await pidLeft(container);
    assert.equal(await field(container, orphan, 'PPid'), String(await pidOfBosun(container)));
    const { code } = await container.stop();
    assert.equal(code, 0);
    const rest = await other.shell('cat /proc/[0-9]*/comm | sort | uniq -c | tr -s " "');
    // The shell, and what it pipes into.
    assert.doesNotMatch(rest, /bash|node/);
    assert.match(rest, /^ ?1 sleep$/m, 'nothing of the fleet, and the other container as it was');
    assert.equal(await other.inspect('{{.State.Running}}'), 'true');
  });

  it('take Bosun with them when the process 1 of the shared namespace ends', async () => {
    await using other = await BosunContainer.start({
      docker: ['--entrypoint', 'sleep'],
      args: ['infinity'],
    });
    await using container = await BosunContainer.start({
      services: { idle: IDLE },
      docker: ['--pid', `container:${other.name}`],
    });
    await container.reaches('idle', 'running');
    await mustDocker('kill', other.name);
    assert.equal(await container.ended(), 137);
    // The engine can start it again, over what it has left, when there is a namespace again.
    await mustDocker('start', other.name);
    await mustDocker('start', container.name);
    await container.reaches('idle', 'running');
    assert.equal((await container.stop()).code, 0);
  });
});

async function pidOfBosun(container: BosunContainer): Promise<number> {
  const line = await container.log.line(/"service":"bosun","event":"booted"/);
  return (JSON.parse(line) as { pid: number }).pid;
}

async function pidLeft(container: BosunContainer): Promise<number> {
  return Number(/left (\d+)/.exec(await container.log.line(/left \d+/))?.[1]);
}

/** A line of /proc/PID/status; undefined when there is no such process. */
async function field(container: BosunContainer, pid: number, name: string): Promise<string | undefined> {
  const { stdout } = await container.exec('sh', '-c', `cat /proc/${pid}/status 2>/dev/null`);
  return new RegExp(`^${name}:\\t(\\S+)`, 'm').exec(stdout)?.[1];
}

/** A zombie that nobody reaps would stay. */
async function endAndVanish(container: BosunContainer, pid: number): Promise<void> {
  await container.shell(`kill -KILL ${pid}`);
  await until(`pid ${pid} to be gone`, async () => (await field(container, pid, 'State')) === undefined);
}
