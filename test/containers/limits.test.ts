// The limits of a container: what happens to a service that meets them, and that nothing happens to Bosun.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BosunContainer } from './support/bosun-container.ts';
import { withEngine } from './support/docker.ts';
import { IDLE } from './support/services.ts';

/** Once Bosun has all its threads, forks until the kernel refuses; keeps it so for a while, and frees it all. */
const FILLS_THE_TABLE = `command:
  - perl
  - -e
  - |
    $$| = 1;
    select undef, undef, undef, 0.02 until -S "/run/bosun/bosun.sock";
    my @pids;
    while (1) {
      my $$pid = fork;
      if (!defined $$pid) { last }
      if ($$pid == 0) { sleep 1000; exit }
      push @pids, $$pid;
    }
    print "full\\n";
    sleep 2;
    kill "KILL", @pids;
    waitpid $$_, 0 for @pids;
    print "free\\n";
    sleep 1000;
readiness: { log: "^full" }
`;
const LATE = `command: [sleep, infinity]
depends_on: [filler]
restart: { delay: 200ms, max_delay: 500ms }
`;

/** Once a file is there, more than all of the memory of the container, in its own process. */
const EATS = `command:
  - perl
  - -e
  - 'select undef, undef, undef, 0.05 until -e "/run/eat"; unlink "/run/eat"; my @all; for (my $$n = 100_000; ; $$n++) { push @all, "x" x $$n }'
restart: { delay: 100ms }
`;

describe('the limits of a container', withEngine, () => {
  it('--pids-limit: a spawn that fails with EAGAIN goes through back-off, and Bosun lives', async () => {
    await using container = await BosunContainer.start({
      services: { filler: FILLS_THE_TABLE, late: LATE, idle: IDLE },
      docker: ['--pids-limit', '60'],
    });
    await container.log.line(/"msg":"free"/, 30_000);
    await container.log.line(/"subject":"late","event":"ready"/, 30_000);
    const events = await container.events();
    const failed = events.filter(({ type, service }) => type === 'spawn-failed' && service === 'late');
    assert.ok(failed.length > 0, 'it never met the limit');
    assert.equal((failed[0]?.details['error'] as { code: string }).code, 'EAGAIN');
    assert.ok(events.some(({ type, service }) => type === 'backing-off' && service === 'late'));
    assert.equal((await container.status('idle')).restarts, 0);
    assert.equal((await container.stop()).code, 0);
  });

  it('--memory: the service that needs too much is killed, is told to be so, and is restarted; Bosun and the others live', async () => {
    await using container = await BosunContainer.start({
      services: { eater: EATS, idle: IDLE },
      docker: ['--memory', '512m', '--memory-swap', '512m'],
    });
    const { pid } = await container.reaches('eater', 'running');
    const idle = await container.reaches('idle', 'running');
    await container.shell('touch /run/eat');
    await container.log.line(/eater killed by the OOM killer/, 30_000);
    const again = await container.reaches('eater', 'running');
    assert.notEqual(again.pid, pid);
    assert.equal(again.last_exit?.oom, true);
    assert.equal((await container.status('idle')).pid, idle.pid);
    assert.match((await container.ctl('why', 'eater')).stdout, /OOM/);
    // A SIGKILL of somebody else's is not told as one.
    await container.shell(`kill -KILL ${String(again.pid)}`);
    await container.log.line(/eater killed by SIGKILL/);
    assert.equal((await container.stop()).code, 0);
  });

  it('--memory: a service that has less than Bosun is still the one that is killed', async () => {
    await using container = await BosunContainer.start({
      services: { eater: EATS, idle: IDLE },
      docker: ['--memory', '128m', '--memory-swap', '128m'],
    });
    await container.reaches('eater', 'running');
    await container.shell('touch /run/eat');
    await container.log.line(/eater killed by the OOM killer/, 30_000);
    await container.reaches('eater', 'running');
    assert.equal(await container.inspect('{{.State.Running}}'), 'true');
    assert.equal((await container.stop()).code, 0);
  });
});
