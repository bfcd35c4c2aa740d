// Bosun where little is allowed: a read-only root, an arbitrary user, no capability at all. Each runs, is controlled, and stops.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BosunContainer } from './support/bosun-container.ts';
import { withEngine } from './support/docker.ts';
import { OBEDIENT } from './support/services.ts';

const READ_ONLY = ['--read-only', '--tmpfs', '/run'];
const ANY_USER = ['--user', '12345:0'];
const NO_CAPABILITY = ['--cap-drop', 'ALL'];

const CASES: readonly { readonly what: string; readonly docker: readonly string[]; readonly user: string }[] =
  [
    { what: '--read-only with a tmpfs at /run', docker: READ_ONLY, user: '0:0' },
    { what: '--user 12345:0, whom nobody knows', docker: ANY_USER, user: '12345:0' },
    { what: '--cap-drop ALL', docker: NO_CAPABILITY, user: '0:0' },
    {
      // A tmpfs has the owner of the directory that it covers: /run is not this user's.
      what: 'all of it, no new privileges and no network',
      docker: [
        ...READ_ONLY,
        ...ANY_USER,
        ...NO_CAPABILITY,
        '--security-opt',
        'no-new-privileges',
        '--network',
        'none',
      ],
      user: '12345:0',
    },
  ];

describe('a confined container', { ...withEngine, concurrency: 2 }, () => {
  for (const { what, docker, user } of CASES)
    it(`runs, is controlled and stops with ${what}`, async () => {
      await using container = await BosunContainer.start({ services: { web: OBEDIENT }, docker });
      const { pid } = await container.reaches('web', 'running');
      await asToldToBe(container, docker, user);
      assert.equal((await container.ctl('restart', 'web')).code, 0);
      assert.notEqual((await container.reaches('web', 'running')).pid, pid);
      assert.equal((await container.ctl('health')).code, 0);
      const { journal } = JSON.parse((await container.ctl('status', '--json')).stdout) as {
        journal: { state: string };
      };
      assert.equal(journal.state, 'writing');
      const { code } = await container.stop();
      assert.equal(code, 0);
      assert.equal(container.log.text.match(/"msg":"bye"/g)?.length, 2, container.log.text);
    });
});

/** What Docker was asked for is in force for Bosun and for the service, or the test would show nothing. */
async function asToldToBe(container: BosunContainer, docker: readonly string[], user: string): Promise<void> {
  const { pid } = await container.status('web');
  for (const process of [1, pid]) {
    const status = await container.shell(`cat /proc/${String(process)}/status`);
    assert.match(status, new RegExp(`^Uid:\\t${user.split(':')[0] ?? ''}\\t`, 'm'));
    if (docker.includes('ALL')) assert.match(status, /^CapBnd:\t0+$/m);
  }
  if (docker.includes('--read-only')) assert.notEqual((await container.exec('touch', '/x')).code, 0);
}
