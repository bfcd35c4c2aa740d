// `why`: for each state, the sentences that it has, through the real control plane.
import assert from 'node:assert/strict';
import { writeSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { BosunEvent } from '../../supervisor/core/event.ts';
import type { Pid } from '../../supervisor/core/names.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { comesUp, failsWith, name, nowMs, run, service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig } from '../plane/support/plane-rig.ts';
import { needs } from '../support/specs.ts';
import { bosunctl } from './support/bosunctl.ts';

const APP = { service: name('app'), run: run(1) } as const;
const EXIT_3 = { kind: 'code', code: 3 } as const;
const CORE = { kind: 'signal', signal: 'SIGSEGV', number: 11, core: 'dumped', by: 'unknown' } as const;
const OOM = { kind: 'signal', signal: 'SIGKILL', number: 9, core: 'none', by: 'oom' } as const;

const up = (text: string, runNumber = 1): readonly BosunEvent[] => comesUp(text, runNumber);
const starting = (): readonly BosunEvent[] => up('app').slice(0, 2);
const stopping = (cause: Extract<BosunEvent, { type: 'stopping' }>['cause']): BosunEvent => ({
  type: 'stopping',
  ...APP,
  cause,
  killAtMs: nowMs() + 100_000,
  exit: undefined,
});

type Case = readonly [
  what: string,
  services: readonly ServiceSpec[],
  history: () => readonly BosunEvent[],
  says: readonly RegExp[],
];

const app = (overrides: Partial<ServiceSpec> = {}): ServiceSpec => service('app', overrides);

const CASES: readonly Case[] = [
  ['running', [app()], () => up('app'), [/^app is running since \d+ m?s\.$/]],
  [
    'running, but degraded',
    [app()],
    () =>
      up('app').map((event) =>
        event.type === 'spawned' ? { ...event, degraded: ['no memory limit'] } : event,
      ),
    [/^app is running since \d+ m?s: degraded: no memory limit\.$/],
  ],
  [
    'starting, with the last answer of its probe',
    [app({ readiness: { kind: 'probe', probe: probeSpec() } })],
    () => [
      ...starting(),
      {
        type: 'probe-failed',
        ...APP,
        purpose: 'readiness',
        failures: 1,
        reason: 'connect ECONNREFUSED 127.0.0.1:80',
      },
    ],
    [/app is starting since .*: not ready yet: connect ECONNREFUSED 127\.0\.0\.1:80\./],
  ],
  [
    'unready',
    [app()],
    () => [...up('app'), { type: 'unready', ...APP, reason: 'status 503' }],
    [/app is not ready any more since .*: not ready any more: status 503\./, /It is not stopped for that/],
  ],
  [
    'backing off after a crash with a core',
    [app()],
    () => [
      ...up('app'),
      { type: 'exited', ...APP, exit: CORE },
      {
        type: 'backing-off',
        ...APP,
        reason: { kind: 'exit', exit: CORE },
        delayMs: 60_000,
        atMs: nowMs(),
        keepRestarts: 1,
      },
    ],
    [
      /app is backing off since .*: killed by SIGSEGV \(core dumped\), next try in \d+ s\./,
      /The kernel has written a core file/,
      /Bosun starts it again in \d+ s\. Restarts so far: 1\./,
    ],
  ],
  [
    'failed for good, of memory',
    [app()],
    () => [
      ...up('app'),
      { type: 'exited', ...APP, exit: OOM },
      { type: 'failed', ...APP, reason: { kind: 'exit', exit: OOM } },
    ],
    [
      /app is failed since .*: killed by the OOM killer \(SIGKILL\), gave up\./,
      /more memory than it may have: see `limits\.memory`/,
      /Bosun has given up: see `bosunctl logs app`, then `bosunctl start app`\./,
    ],
  ],
  [
    'failed because its program is not there',
    [app()],
    () => [
      starting()[0] as BosunEvent,
      { type: 'spawn-failed', ...APP, error: { code: 'ENOENT', message: 'cannot start app: no such file' } },
      {
        type: 'failed',
        ...APP,
        reason: { kind: 'spawn', error: { code: 'ENOENT', message: 'cannot start app: no such file' } },
      },
    ],
    [/app is failed since .*: cannot be started: app: no such file \(ENOENT\), gave up\./],
  ],
  [
    'stopping, because it was not alive',
    [app()],
    () => [...up('app'), stopping('liveness-failed')],
    [/It is stopped because it was not alive any more\./, /SIGKILL follows in \d+ s unless it ends before\./],
  ],
  [
    'stopped by the operator, with how it ended',
    [app()],
    () => [
      ...up('app'),
      { type: 'wanted', service: APP.service, wanted: 'down' },
      stopping('requested'),
      { type: 'exited', ...APP, exit: EXIT_3 },
      { type: 'stopped', ...APP },
    ],
    [
      /app is stopped since .*: stopped by the operator\./,
      /Its last run exited with code 3\./,
      /until `bosunctl start app`/,
    ],
  ],
  [
    'completed',
    [app({ type: 'oneshot' })],
    () => [
      ...starting(),
      { type: 'exited', ...APP, exit: { kind: 'code', code: 0 } },
      { type: 'completed', ...APP, exit: { kind: 'code', code: 0 } },
    ],
    [
      /app is completed since .*: exited with code 0\./,
      /It is done, and runs again only by `bosunctl start app`/,
    ],
  ],
  [
    'skipped',
    [app({ eligibility: { kind: 'skipped', reason: 'no app in PATH' } })],
    () => [{ type: 'skipped', service: APP.service, reason: 'no app in PATH' }],
    [/app is skipped since .*: skipped: no app in PATH\./, /until its `when:` is true/],
  ],
  [
    'scheduled',
    [app({ type: 'timer', schedule: { kind: 'every', periodMs: 60_000 } })],
    () => [
      {
        type: 'scheduled',
        service: APP.service,
        due: { clock: 'wall', atMs: Date.parse('2999-01-01T03:00:00Z') },
      },
    ],
    [/It is run at 2999-01-01T03:00:00\.000Z, in \d+ d; `bosunctl start app` runs it now\./],
  ],
  [
    'waiting, through others down to the one that backs off',
    [service('db'), service('cache', { dependsOn: [needs('db')] }), app({ dependsOn: [needs('cache')] })],
    () => [
      ...up('db'),
      ...failsWith('db', 1, 3, 100_000),
      { type: 'waiting', service: name('cache') },
      { type: 'waiting', service: APP.service },
    ],
    [
      /^app is waiting since .*\. It needs cache \(service_healthy\), which is waiting\. cache needs db \(service_healthy\), which is backoff \(exited with code 3, next try in \d+ s\)\.$/,
    ],
  ],
  [
    'waiting for what will not come by itself',
    [service('db'), service('cache', { dependsOn: [needs('db')] }), app({ dependsOn: [needs('cache')] })],
    () => [
      ...up('db'),
      { type: 'failed', service: name('db'), run: run(1), reason: { kind: 'exit', exit: EXIT_3 } },
      { type: 'waiting', service: name('cache') },
      { type: 'waiting', service: APP.service },
    ],
    [
      /cache needs db \(service_healthy\), which is failed \(exited with code 3, gave up\)\./,
      /Nothing will change by itself: it all waits for db\. See `bosunctl why db`, then `bosunctl start app`\./,
    ],
  ],
  [
    'waiting for what the operator has stopped',
    [service('db'), app({ dependsOn: [needs('db')] })],
    () => [
      { type: 'wanted', service: name('db'), wanted: 'down' },
      { type: 'waiting', service: APP.service },
    ],
    [/it all waits for db\. See `bosunctl start db`\./],
  ],
  [
    'what a run has left behind',
    [app()],
    () => [...up('app'), { type: 'strays-found', ...APP, strays: [{ pid: 7 as Pid, name: 'worker' }] }],
    [/Run 1 has left processes behind, which may live still: worker \(pid 7\)\./],
  ],
];

function probeSpec(): Extract<ServiceSpec['readiness'], { kind: 'probe' }>['probe'] {
  return {
    action: { kind: 'tcp', host: '127.0.0.1', port: 80 },
    initialDelayMs: 0,
    periodMs: 1000,
    timeoutMs: 1000,
    graceMs: 0,
    failureThreshold: 3,
    successThreshold: 1,
  } as Extract<ServiceSpec['readiness'], { kind: 'probe' }>['probe'];
}

describe('each state has its sentences', { concurrency: 4 }, () => {
  for (const [what, services, history, says] of CASES)
    test(what, async () => {
      await using rig = await PlaneRig.start({ services, history: history() });
      const { code, stdout } = await bosunctl(['--socket', rig.socketPath, 'why', 'app']);
      assert.equal(code, 0);
      assert.ok(
        stdout.split('\n').every((line) => line.length <= 80),
        stdout,
      );
      const text = stdout.trimEnd().replaceAll('\n', ' ');
      for (const sentence of says) assert.match(text, sentence);
    });
});

test('where it is in trouble, its last lines on standard error, and nothing of standard output', async () => {
  await using rig = await PlaneRig.start({
    services: [app()],
    pipes: 2,
    history: [...up('app'), ...failsWith('app', 1, 3, 100_000)],
  });
  rig.lend(0, 'app', 'stderr');
  rig.lend(1, 'app', 'stdout');
  const [err = -1, out = -1] = rig.writeEnds;
  writeSync(out, 'all is well\n');
  writeSync(
    err,
    Array.from({ length: 9 }, (_, line) => `line ${line} \u001b[31m${'x'.repeat(90)}\n`).join(''),
  );
  await rig.outputWith('line 8');
  await rig.outputWith('all is well');
  const { stdout } = await bosunctl(['--socket', rig.socketPath, 'why', 'app']);
  const [, quoted = ''] = stdout.split('The last it wrote to standard error:\n');
  const lines = quoted.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => line.slice(0, 9)),
    [4, 5, 6, 7, 8].map((line) => `  line ${line} `),
  );
  assert.ok(
    lines.every((line) => line.length <= 80 && !line.includes('\u001b')),
    quoted,
  );
  assert.doesNotMatch(stdout, /all is well/);
  const json = JSON.parse((await bosunctl(['--socket', rig.socketPath, 'why', 'app', '--json'])).stdout) as {
    stderr: string[];
  };
  assert.equal(json.stderr.length, 5);
});
