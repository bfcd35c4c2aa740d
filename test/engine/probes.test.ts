// Which probes and timers the engine has running: what state and specification ask for, also when either changes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeSpec } from '../../supervisor/core/probe-spec.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { code } from '../support/drive.ts';
import { service } from '../support/specs.ts';
import { EngineRig, type StartedProbe } from './support/engine-rig.ts';

const OK = { kind: 'ok' } as const;

const probe = (more: Partial<ProbeSpec> = {}): ProbeSpec => ({
  action: {
    kind: 'http',
    url: 'http://127.0.0.1/',
    method: 'GET',
    headers: { accept: 'text/plain' },
    statuses: [{ from: 200, to: 399 }],
    tls: { verify: 'none' },
    maxBodyBytes: 0,
    bodyContains: '',
  },
  initialDelayMs: 0,
  periodMs: 10_000,
  timeoutMs: 1000,
  successThreshold: 1,
  failureThreshold: 3,
  ...more,
});

const probed = (readiness: ProbeSpec, liveness: ProbeSpec, more: Partial<ServiceSpec> = {}): ServiceSpec =>
  service('a', {
    readiness: { kind: 'probe', probe: readiness },
    liveness: { kind: 'probe', probe: liveness, graceMs: 1000 },
    ...more,
  });

const purposes = (probes: readonly StartedProbe[]): readonly string[] =>
  probes.map(({ planned }) => `${planned.purpose} ${planned.pace}`);

function running(...args: Parameters<typeof probed>): EngineRig {
  const rig = new EngineRig(probed(...args));
  rig.submit({ type: 'boot' });
  rig.answer('readiness', OK);
  assert.equal(rig.state('a'), 'running');
  return rig;
}

test('eager until ready, then steady, and none when the run is over', () => {
  const rig = new EngineRig(probed(probe(), probe()));
  rig.submit({ type: 'boot' });
  assert.deepEqual(purposes(rig.asking), ['readiness eager']);
  rig.answer('readiness', OK);
  assert.deepEqual(purposes(rig.asking), ['readiness steady', 'liveness steady']);
  rig.submit({
    type: 'exited',
    service: service('a').name,
    run: rig.run('a'),
    exit: code(1),
    group: 'empty',
  });
  assert.equal(rig.state('a'), 'backoff');
  assert.deepEqual(rig.asking, []);
  assert.deepEqual(rig.faults, []);
});

test('every probe is told when the process was launched, also one that begins later', () => {
  const rig = new EngineRig(probed(probe(), probe()));
  rig.submit({ type: 'boot' });
  rig.nowMs += 25_000;
  rig.answer('readiness', OK);
  assert.deepEqual(
    rig.probes.map(({ launchedAtMs }) => launchedAtMs),
    [1000, 1000, 1000],
  );
});

test('the same configuration read again leaves every probe alone', () => {
  const rig = running(probe(), probe());
  const before = rig.asking;
  const copy = probe();
  rig.apply(probed(copy, probe(), { description: 'another' }));
  assert.deepEqual(rig.asking, before);
  assert.equal(rig.probes.length, 3, 'none was begun anew');
});

test('a probe that the new configuration changes in place begins anew, the other does not', () => {
  const changes: readonly Partial<ProbeSpec>[] = [
    { periodMs: 1000 },
    { timeoutMs: 2000 },
    { action: { kind: 'tcp', host: '127.0.0.1', port: 80 } },
    { action: { ...probe().action, headers: { accept: 'text/html' } } as ProbeSpec['action'] },
  ];
  for (const change of changes) {
    const rig = running(probe(), probe());
    const [readiness] = rig.asking;
    rig.apply(probed(probe(), probe(change)));
    assert.equal(rig.state('a'), 'running');
    assert.deepEqual(purposes(rig.asking), ['readiness steady', 'liveness steady']);
    assert.equal(rig.asking[0], readiness);
    assert.deepEqual(rig.asking[1]?.planned.probe, probe(change));
  }
});

test('a probe that the new configuration brings begins, one that it does not have any more ends', () => {
  const rig = running(probe(), probe());
  const none = service('a', { readiness: { kind: 'probe', probe: probe() } });
  rig.apply(none);
  assert.deepEqual(purposes(rig.asking), ['readiness steady']);
  rig.apply(probed(probe(), probe()));
  assert.deepEqual(purposes(rig.asking), ['readiness steady', 'liveness steady']);
});

test('a timer follows a new configuration although the service has not changed', () => {
  const rig = new EngineRig(probed(probe(), probe(), { startupTimeoutMs: 60_000 }));
  rig.submit({ type: 'boot' });
  assert.deepEqual(rig.armedAtMs, [61_000]);
  rig.apply(probed(probe(), probe(), { startupTimeoutMs: 90_000 }));
  assert.equal(rig.state('a'), 'starting');
  assert.deepEqual(rig.armedAtMs, [91_000]);
});

test('positions change: what is added before a service takes nothing of it', () => {
  const rig = running(probe(), probe());
  const before = rig.asking;
  rig.apply(service('0'), probed(probe(), probe()));
  assert.equal(rig.state('0'), 'running');
  assert.deepEqual(rig.asking, before);
});

test('a service that is removed between two runs leaves no timer', () => {
  const rig = new EngineRig(service('a'), service('b'));
  rig.submit({ type: 'boot' });
  rig.submit({
    type: 'exited',
    service: service('a').name,
    run: rig.run('a'),
    exit: code(1),
    group: 'empty',
  });
  assert.equal(rig.state('a'), 'backoff');
  assert.equal(rig.timers.size, 1);
  rig.apply(service('b'));
  assert.equal(rig.state('a'), 'not there');
  assert.equal(rig.timers.size, 0);
});

test('a service that is removed while it runs is asked no more once it has ended', () => {
  const rig = running(probe(), probe());
  rig.apply(service('b'));
  assert.equal(rig.state('a'), 'stopping');
  assert.deepEqual(rig.asking, []);
  rig.submit({
    type: 'exited',
    service: service('a').name,
    run: rig.run('a'),
    exit: code(0),
    group: 'empty',
  });
  assert.equal(rig.state('a'), 'not there');
  assert.equal(rig.timers.size, 0);
  assert.deepEqual(rig.faults, []);
});
