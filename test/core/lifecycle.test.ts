// The life of one service, rule by rule.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { code, Drive, KILLED } from '../support/drive.ts';
import { service } from '../support/specs.ts';

const PROBED = {
  kind: 'probe',
  probe: {
    action: { kind: 'file', path: '/x' },
    initialDelayMs: 0,
    periodMs: 10_000,
    timeoutMs: 1000,
    successThreshold: 1,
    failureThreshold: 3,
  },
} as const;

const restart = (more: object) => ({ restart: { ...service('x').restart, ...more } });

describe('start', () => {
  it('is ready as soon as it is spawned when it declares no readiness', () => {
    const drive = new Drive(service('a')).boot();
    assert.deepEqual(drive.did, ['spawn a']);
    assert.equal(drive.state('a'), 'starting');
    assert.equal(drive.spawned('a').state('a'), 'running');
  });

  it('is ready at the first success of its probe', () => {
    const drive = new Drive(service('a', { readiness: PROBED })).boot().spawned('a');
    assert.equal(drive.state('a'), 'starting');
    assert.equal(drive.probed('a', 'readiness', 'failed').state('a'), 'starting');
    assert.equal(drive.probed('a', 'readiness', 'ok').state('a'), 'running');
  });

  it('that times out is stopped and counts as a failure', () => {
    const drive = new Drive(service('a', { readiness: PROBED })).boot().spawned('a');
    drive.timer('a', 'startup-timeout');
    assert.deepEqual(drive.did, ['signal-group a SIGTERM']);
    assert.equal(drive.exited('a', code(0)).state('a'), 'backoff');
  });

  it('that cannot spawn goes through back-off like a crash', () => {
    for (const errno of ['ENOENT', 'EACCES', 'EAGAIN', 'E2BIG']) {
      const drive = new Drive(service('a')).boot().spawnFailed('a', errno);
      assert.equal(drive.state('a'), 'backoff', errno);
    }
  });
});

describe('probes', () => {
  const ready = (more: object) =>
    new Drive(service('a', { readiness: PROBED, ...more }))
      .boot()
      .spawned('a')
      .probed('a', 'readiness', 'ok');

  it('readiness failure never kills', () => {
    const drive = ready({});
    for (let times = 0; times < 20; times++) drive.probed('a', 'readiness', 'failed');
    assert.equal(drive.state('a'), 'unready');
    assert.equal(drive.probed('a', 'readiness', 'ok').state('a'), 'running');
  });

  it('needs as many failures in a row as the threshold says', () => {
    const drive = ready({}).probed('a', 'readiness', 'failed').probed('a', 'readiness', 'failed');
    drive
      .probed('a', 'readiness', 'ok')
      .probed('a', 'readiness', 'failed')
      .probed('a', 'readiness', 'failed');
    assert.equal(drive.state('a'), 'running');
    assert.equal(drive.probed('a', 'readiness', 'failed').state('a'), 'unready');
  });

  it('liveness failure stops and restarts, once per failure', () => {
    const drive = ready({ liveness: PROBED });
    for (let times = 0; times < 3; times++) drive.probed('a', 'liveness', 'failed');
    assert.deepEqual(drive.did, ['signal-group a SIGTERM']);
    assert.deepEqual(
      drive.probed('a', 'liveness', 'failed').did,
      [],
      'one more answer does not stop it again',
    );
    assert.equal(drive.exited('a', code(0)).state('a'), 'backoff');
  });

  it('counters start from zero in every run', () => {
    const drive = ready({ liveness: PROBED })
      .probed('a', 'liveness', 'failed')
      .probed('a', 'liveness', 'failed');
    drive.exited('a', code(1)).timer('a', 'backoff').spawned('a').probed('a', 'readiness', 'ok');
    assert.equal(drive.probed('a', 'liveness', 'failed').state('a'), 'running');
  });
});

describe('restart policy', () => {
  it('doubles the delay up to max_delay, with up to a tenth of jitter', () => {
    const drive = new Drive(service('a', restart({ delayMs: 500, maxDelayMs: 3000 }))).boot();
    const delays: number[] = [];
    for (const random of [0, 0, 0, 0, 0.5]) {
      drive.random = random;
      drive.spawned('a').exited('a', code(1));
      const { state } = drive.record('a');
      if (state.kind === 'backoff') delays.push(state.delayMs);
      drive.timer('a', 'backoff');
    }
    assert.deepEqual(delays, [500, 1000, 2000, 3000, 3150]);
  });

  it('starts from the first delay again after reset_after of ready life', () => {
    const drive = new Drive(service('a')).boot().spawned('a').exited('a', code(1)).timer('a', 'backoff');
    drive.spawned('a').timer('a', 'backoff-reset').exited('a', code(1));
    const { state } = drive.record('a');
    assert.equal(state.kind === 'backoff' && state.delayMs, 500);
  });

  const ENDS: readonly (readonly ['always' | 'on-failure' | 'never', number, string])[] = [
    ['always', 0, 'backoff'],
    ['always', 1, 'backoff'],
    ['on-failure', 0, 'completed'],
    ['on-failure', 1, 'backoff'],
    ['never', 0, 'completed'],
    ['never', 1, 'failed'],
  ];
  for (const [policy, exit, state] of ENDS)
    it(`${policy}, exit code ${exit}: ${state}`, () => {
      const drive = new Drive(service('a', restart({ policy }))).boot().spawned('a').exited('a', code(exit));
      assert.equal(drive.state('a'), state);
    });

  it('fails after more restarts than burst allows within its window', () => {
    const drive = new Drive(service('a', restart({ burst: { count: 2, windowMs: 60_000 } }))).boot();
    drive.spawned('a').exited('a', code(1)).timer('a', 'backoff');
    drive.spawned('a').exited('a', code(1)).timer('a', 'backoff');
    assert.equal(drive.spawned('a').exited('a', code(1)).state('a'), 'failed');
  });

  it('does not count restarts that are older than the window', () => {
    const drive = new Drive(service('a', restart({ burst: { count: 1, windowMs: 60_000 } }))).boot();
    drive.spawned('a').exited('a', code(1)).timer('a', 'backoff');
    drive.nowMs += 60_001;
    assert.equal(drive.spawned('a').exited('a', code(1)).state('a'), 'backoff');
  });

  it('counts a signal as a failure, and other codes as success where it is told so', () => {
    const once = restart({ policy: 'on-failure' });
    assert.equal(new Drive(service('a', once)).boot().spawned('a').exited('a', KILLED).state('a'), 'backoff');
    const twelve = service('a', { ...once, successExitCodes: [0, 12] });
    assert.equal(new Drive(twelve).boot().spawned('a').exited('a', code(12)).state('a'), 'completed');
  });
});

describe('stop', () => {
  it('asks, then kills when the grace period is over', () => {
    const drive = new Drive(service('a')).boot().spawned('a').command('stop', 'a');
    assert.deepEqual(drive.did, ['signal-group a SIGTERM', 'reply']);
    assert.deepEqual(drive.timer('a', 'kill').did, ['signal-group a SIGKILL']);
    assert.equal(drive.exited('a', KILLED).state('a'), 'stopped');
  });

  it('is over only when the whole group is gone', () => {
    const drive = new Drive(service('a')).boot().spawned('a').command('stop', 'a');
    assert.equal(drive.exited('a', code(0), 'populated').state('a'), 'stopping');
    assert.equal(drive.groupEmptied('a').state('a'), 'stopped');
  });

  it('stays stopped, also when it was backing off or waiting', () => {
    const backing = new Drive(service('a')).boot().spawned('a').exited('a', code(1)).command('stop', 'a');
    assert.equal(backing.state('a'), 'stopped');
    assert.deepEqual(backing.timer('a', 'backoff').did, [], 'the late timer starts nothing');
  });

  it('during the start ends what the spawn gives, as soon as it gives it', () => {
    const drive = new Drive(service('a')).boot().command('stop', 'a');
    assert.equal(drive.state('a'), 'stopping');
    assert.deepEqual(drive.spawned('a').did, ['signal-group a SIGTERM']);
  });

  it('then start: starts after it is gone', () => {
    const drive = new Drive(service('a')).boot().spawned('a').command('stop', 'a').command('start', 'a');
    assert.equal(drive.state('a'), 'stopping');
    assert.deepEqual(drive.exited('a', code(0)).did, ['spawn a']);
  });
});

describe('a leader that ends while others of its group live', () => {
  it('is followed by another run only after they are gone', () => {
    const drive = new Drive(service('a')).boot().spawned('a').exited('a', KILLED, 'populated');
    assert.deepEqual(drive.did, ['signal-group a SIGTERM']);
    assert.equal(drive.state('a'), 'stopping');
    assert.equal(drive.groupEmptied('a').state('a'), 'backoff');
  });
});

describe('reload', () => {
  const reloadable = service('a', { readiness: PROBED, reload: { kind: 'signal', signal: 'SIGUSR1' } });

  it('sends the declared signal to the leader', () => {
    const drive = new Drive(reloadable)
      .boot()
      .spawned('a')
      .probed('a', 'readiness', 'ok')
      .command('reload', 'a');
    assert.deepEqual(drive.did, ['signal-leader a SIGUSR1', 'reply']);
  });

  it('that comes during the start is done when it is ready, once', () => {
    const drive = new Drive(reloadable).boot().spawned('a').command('reload', 'a').command('reload', 'a');
    assert.equal(drive.reply, 'a');
    assert.deepEqual(drive.probed('a', 'readiness', 'ok').did, ['signal-leader a SIGUSR1']);
  });

  it('is refused where there is nothing to reload', () => {
    assert.equal(
      new Drive(service('a')).boot().spawned('a').command('reload', 'a').reply,
      'reload-not-supported',
    );
    assert.equal(
      new Drive(reloadable).boot().command('stop', 'a').command('reload', 'a').reply,
      'service-not-running',
    );
    assert.equal(new Drive(reloadable).boot().command('reload', 'b').reply, 'service-not-found');
  });
});
