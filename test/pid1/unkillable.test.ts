// A program that Bosun may not signal: it is run as an ordinary user, and a setuid program makes itself root. The kernel's own EPERM:
// told, and neither a stop, a hook nor the shutdown waits for ever.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Container, type ContainerOptions } from '../support/container.ts';
import { eventsOf, reaches, statusOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';

const asRoot = process.getuid?.() === 0 ? {} : { skip: 'only root can make a setuid program' };
/** The files of the program are there before Bosun needs them: nothing is started until the test says so. */
const BECOME_ROOT = '[$TEST_DIR/become-root, --reuid, "0", --regid, "0", --clear-groups, sleep, "100000"]';
const GATED = 'depends_on: {gate: {condition: service_completed_successfully}}\n';
const GATE = 'type: oneshot\ncommand: [sh, -c, "until test -u $TEST_DIR/become-root; do sleep 0.01; done"]\n';
const FOREVER = 'command: [sleep, "100000"]\n';

function unprivileged(options: ContainerOptions): Container {
  const container = new Container({
    ...options,
    services: { gate: GATE, other: FOREVER, ...options.services },
    through: ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'],
    environment: { XDG_RUNTIME_DIR: '/tmp' },
  });
  const program = join(container.directory, 'become-root');
  copyFileSync('/usr/bin/setpriv', program);
  chmodSync(program, 0o4755);
  return container;
}

test(
  'a service that may not be signalled: told, the stop ends with the reason, and so does Bosun',
  asRoot,
  async () => {
    await using container = unprivileged({
      services: { rooted: `command: ${BECOME_ROOT}\nstop: {timeout: 100ms}\n${GATED}` },
      options: ['--shutdown-budget', '2s'],
    });
    const { pid } = await reaches(container, 'rooted', 'running');
    await reaches(container, 'other', 'running');
    const stop = await container.ctl('stop', 'rooted', '--timeout', '1s');
    assert.equal(stop.code, 1);
    assert.match(stop.stderr.replaceAll(/\n +/g, ' '), /rooted .*the kernel refuses SIGKILL to it \(EPERM\)/);
    const refused = (await eventsOf(container)).filter(({ type }) => type === 'signal-refused');
    assert.deepEqual(
      refused.map(({ service, details }) => [service, details['signal'], details['errno']]),
      [
        ['rooted', 'SIGTERM', 'EPERM'],
        ['rooted', 'SIGKILL', 'EPERM'],
      ],
    );
    await container.stdout.line(/rooted cannot be sent SIGKILL: the kernel refuses \(EPERM\)/);
    // It is not taken for gone: no second one is ever started beside it.
    const held = await statusOf(container, 'rooted');
    assert.deepEqual([held?.state, held?.pid], ['stopping', pid]);
    assert.equal((await container.ctl('restart', 'other')).code, 0);
    await container.signal('SIGTERM');
    assert.deepEqual(await container.end(), { code: 0, signal: null });
  },
);

test(
  'a hook that may not be killed: it fails, no second one is started, and Bosun ends',
  asRoot,
  async () => {
    await using container = unprivileged({
      services: {
        hooked:
          `${FOREVER}hooks: {pre_start: {command: ${BECOME_ROOT}, timeout: 100ms}}\n` +
          `restart: {delay: 5ms, max_delay: 5ms}\n${GATED}`,
      },
      options: ['--shutdown-budget', '2s'],
    });
    const failures = await until('two failures', async () => {
      const events = await eventsOf(container);
      const failed = events.filter(({ type, service }) => type === 'hook-finished' && service === 'hooked');
      return failed.length >= 2 ? failed : undefined;
    });
    const texts = failures.map(({ details }) => JSON.stringify(details['outcome']));
    assert.match(texts[0] ?? '', /it goes on running: SIGKILL did not end it/);
    assert.match(texts[1] ?? '', /the one before goes on running/);
    await container.stdout.line(/kill\(2\) failed with EPERM: .*become-root goes on running/);
    assert.equal((await container.ctl('stop', 'hooked')).code, 0);
    await container.signal('SIGTERM');
    assert.deepEqual(await container.end(), { code: 0, signal: null });
  },
);
