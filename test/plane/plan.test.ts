// What a plan says of two configurations, without any file: each part by the key under which people know it, and no secret.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApplicationSpec } from '../../supervisor/core/application-spec.ts';
import { fixedSettings } from '../../supervisor/config/fixed-settings.ts';
import { fleetSchema } from '../../supervisor/config/fleet-schema.ts';
import { toFileSettings } from '../../supervisor/config/fleet-settings.ts';
import { PLAIN_EXECUTION } from '../../supervisor/core/execution-spec.ts';
import { createFleet, type Fleet } from '../../supervisor/core/fleet.ts';
import { DEFAULT_LOGS, type LogFileSpec } from '../../supervisor/core/log-spec.ts';
import type { FleetSpec, ServiceSpec } from '../../supervisor/core/service-spec.ts';
import type { ServiceState, StateName } from '../../supervisor/core/service-state.ts';
import { planOf } from '../../supervisor/plane/configuration/plan.ts';
import { summarize } from '../../supervisor/plane/configuration/plan-summary.ts';
import { SERVICE_LEAVES } from '../../supervisor/plane/configuration/service-leaves.ts';
import { FleetView } from '../../supervisor/plane/views/fleet-view.ts';
import { describeDifference } from '../../supervisor/wire/difference.ts';
import { planView, type PlanView } from '../../supervisor/wire/plan-view.ts';
import { planeSettings } from '../support/plane-settings.ts';
import { fleetOf, needs, service } from '../support/specs.ts';

const APPLICATION: ApplicationSpec = {
  url: 'https://app/config?token=s3cret',
  socketPath: '',
  keyFile: '/run/key',
  authorityFile: '',
  serverName: '',
  timeoutMs: 2000,
  retryMs: 10_000,
};

const LOG_FILE: LogFileSpec = {
  directory: '/var/log/app',
  format: 'timed',
  maxBytes: 1024,
  maxAgeMs: 86_400_000,
  keep: 5,
  totalBytes: 0,
  compress: 'gzip',
  mode: 0o640,
  uid: 1000,
  gid: 50,
};

function viewOf(spec: FleetSpec, kind: StateName = 'running', target?: FleetSpec): FleetView {
  const empty = createFleet(spec.services.map(({ name }) => name));
  const services = empty.services.map((record) => ({
    ...record,
    // Only its kind is looked at.
    state: { kind } as ServiceState,
  }));
  const fleet: Fleet = { ...empty, phase: { kind: 'up' }, services };
  return new FleetView({
    type: 'hello',
    settings: planeSettings(),
    spec,
    target,
    fleet,
    lastEventId: 0,
    recentEvents: [],
  });
}

function plan(
  before: FleetSpec,
  after: FleetSpec,
  view = viewOf(before),
  fixed: readonly [Record<string, string>, Record<string, string>] = [{}, {}],
): PlanView {
  const reading = { kind: 'read', spec: after, fixed: fixed[1], warnings: [] } as const;
  return planView.parse(planOf(view, reading, { directory: '/etc/bosun/services.d', fixed: fixed[0] }));
}

/** What `app` with one part changed is said to have changed, in words. */
function differencesOf(before: Partial<ServiceSpec>, after: Partial<ServiceSpec>): readonly string[] {
  const [change] = plan(fleetOf(service('app', before)), fleetOf(service('app', after))).changes;
  return change?.because.map(describeDifference) ?? [];
}

const CHANGES: readonly (readonly [Partial<ServiceSpec>, Partial<ServiceSpec>, readonly string[]])[] = [
  [{}, { description: 'the app' }, ['description:  -> the app']],
  [{}, { type: 'oneshot' }, ['type: service -> oneshot']],
  [{}, { command: ['sleep', 's3cret'] }, ['command changed']],
  [
    { environment: { A: 's3cret', B: '1', D: '' } },
    { environment: { A: 's3cret-too', C: 's3cret', D: '' } },
    ['environment.A changed', 'environment.B removed', 'environment.C added'],
  ],
  [{}, { workingDir: '/srv' }, ['working_dir: / -> /srv']],
  [
    { dependsOn: [needs('db'), needs('old')] },
    { dependsOn: [needs('db', { need: 'optional', onRestart: 'follow' }), needs('new')] },
    [
      'depends_on.db: service_healthy -> service_healthy, required: false, restart: true',
      'depends_on.old removed (service_healthy)',
      'depends_on.new added (service_healthy)',
    ],
  ],
  [{ dependsOn: [needs('a'), needs('b')] }, { dependsOn: [needs('b'), needs('a')] }, ['depends_on changed']],
  [{}, { readiness: { kind: 'notify-socket' } }, ['readiness changed']],
  [{}, { liveness: { kind: 'watchdog', periodMs: 1, graceMs: 1 } }, ['liveness changed']],
  [{}, { startup: { kind: 'log', pattern: 'x', stream: 'both' } }, ['startup.probe changed']],
  [{}, { startupTimeoutMs: 90_500 }, ['startup.timeout: 1m -> 1m30s500ms']],
  [{}, { importance: 'main' }, ['main: false -> true']],
  [
    {},
    {
      restart: {
        policy: 'never',
        delayMs: 0,
        maxDelayMs: 30_000,
        resetAfterMs: 60_000,
        burst: { count: 5, windowMs: 60_000 },
      },
    },
    ['restart.policy: always -> never', 'restart.delay: 500ms -> 0', 'restart.burst.count: 0 -> 5'],
  ],
  [
    {},
    { stop: { signal: 'SIGINT', timeoutMs: 7_200_000, killMode: 'mixed', command: ['s3cret'] } },
    [
      'stop.signal: SIGTERM -> SIGINT',
      'stop.timeout: 5s -> 2h',
      'stop.kill_mode: group -> mixed',
      'stop.command added',
    ],
  ],
  [
    { reload: { kind: 'signal', signal: 'SIGHUP' } },
    { reload: { kind: 'command', command: ['s3cret'], timeoutMs: 10_000 } },
    ['reload.signal removed (SIGHUP)', 'reload.command added', 'reload.timeout added (10s)'],
  ],
  [{}, { hooks: { pre_start: { command: ['s3cret'], timeoutMs: 1 } } }, ['hooks.pre_start added']],
  [{}, { down: ['s3cret'] }, ['down added']],
  [
    { schedule: { kind: 'every', periodMs: 60_000 } },
    { schedule: { kind: 'cron', expression: '0 3 * * *', timeZone: 'UTC' } },
    ['every removed (1m)', 'schedule added (0 3 * * *)', 'time_zone added (UTC)'],
  ],
  [{}, { successExitCodes: [0, 12] }, ['success_exit_codes: 0 -> 0, 12']],
  [
    {},
    {
      execution: {
        ...PLAIN_EXECUTION,
        identity: { uid: 1, gid: 2, groups: [3, 4] },
        umask: 0o27,
        resourceLimits: [{ resource: 'nofile', soft: 10, hard: 'unlimited' }],
        ioPriority: { class: 'best-effort', level: 3 },
        newPrivileges: 'refused',
        capabilities: { kind: 'only', names: ['NET_RAW'] },
      },
    },
    [
      'security.no_new_privileges: false -> true',
      'user added (1:2)',
      'groups added (3, 4)',
      'limits.nofile added (10:unlimited)',
      'io_priority added (best-effort 3)',
      'security.umask added (0027)',
      'security.capabilities added (NET_RAW)',
    ],
  ],
  [
    {},
    { resourceControl: { memoryMaxBytes: 4096, cpus: 1.5, pidsMax: undefined, ioWeight: undefined } },
    ['limits.memory added (4096)', 'limits.cpus added (1.5)'],
  ],
  [
    {
      logs: {
        ...DEFAULT_LOGS,
        redact: { names: ['A'], fileValues: [], patterns: ['s3cret'] },
        forward: ['old'],
      },
    },
    {
      logs: {
        format: 'raw',
        stdout: 'hidden',
        file: LOG_FILE,
        multiline: { firstLine: 's3cret', timeoutMs: 500 },
        redact: { names: ['A', 'B'], fileValues: [], patterns: ['s3cret', 'x'] },
        forward: [],
      },
    },
    [
      'logs.format: json -> raw',
      'logs.stdout: true -> false',
      'logs.redact: A -> A, B',
      'logs.redact_patterns changed',
      'logs.forward removed (old)',
      'logs.file.path added (/var/log/app)',
      'logs.file.format added (timed)',
      'logs.file.max_size added (1024)',
      'logs.file.max_age added (24h)',
      'logs.file.keep added (5)',
      'logs.file.total added (0)',
      'logs.file.compress added (gzip)',
      'logs.file.mode added (0640)',
      'logs.file.owner added (1000:50)',
      'logs.multiline.first_line added',
      'logs.multiline.timeout added (500ms)',
    ],
  ],
  [
    {},
    { application: APPLICATION },
    [
      'application.url added',
      'application.key_file added (/run/key)',
      'application.timeout added (2s)',
      'application.retry_for added (10s)',
    ],
  ],
  [
    { application: APPLICATION },
    { application: { ...APPLICATION, url: 'https://app/s3cret', serverName: 'app', timeoutMs: 500 } },
    ['application.url changed', 'application.timeout: 2s -> 500ms', 'application.server_name added (app)'],
  ],
  [
    {},
    { attachment: { kind: 'process', query: { command: 'a', executable: '/b', pidFile: '/c', uid: 7 } } },
    [
      'attach.command added (a)',
      'attach.executable added (/b)',
      'attach.pid_file added (/c)',
      'attach.user added (7)',
    ],
  ],
  [{}, { eligibility: { kind: 'skipped', reason: 'no app in PATH' } }, ['when: eligible -> no app in PATH']],
  [{}, { stdio: 'piped-with-stdin' }, ['command changed']],
];

for (const [before, after, words] of CHANGES)
  test(`${Object.keys(after).join()}: ${words.join('; ')}`, () => {
    const told = differencesOf(before, after);
    assert.deepEqual(told, words);
    assert.ok(!told.join().includes('s3cret'));
  });

test('every part of a specification is told by some key', () => {
  const tried = new Set(CHANGES.flatMap(([, after]) => Object.keys(after)));
  assert.deepEqual(
    Object.keys(SERVICE_LEAVES).filter((part) => part !== 'name' && !tried.has(part)),
    [],
  );
});

test('added, removed, restarted, updated, unchanged, and the line that says so', () => {
  const before = fleetOf(service('db'), service('old'), service('same'), service('web'));
  const after = fleetOf(
    service('db', { command: ['sleep', '1'] }),
    service('new'),
    service('same'),
    service('web', { description: 'x' }),
  );
  const made = plan(before, after);
  assert.deepEqual(
    made.changes.map(({ service: name, kind, keys }) => [name, kind, keys]),
    [
      ['db', 'restarted', ['command']],
      ['new', 'added', []],
      ['web', 'updated', ['description']],
      ['old', 'removed', []],
    ],
  );
  assert.deepEqual(made.unchanged, ['same']);
  assert.equal(summarize(made), '~ db (command), + new, = web (description), - old');
});

for (const kind of ['stopped', 'waiting', 'scheduled'] as const)
  test(`nothing is restarted of a service that is ${kind}`, () => {
    const before = fleetOf(service('db'));
    const after = fleetOf(service('db', { command: ['sleep', '1'] }));
    const [change] = plan(before, after, viewOf(before, kind)).changes;
    assert.deepEqual([change?.kind, change?.keys], ['updated', ['command']]);
  });

test('while a configuration is on its way, another one is compared with that', () => {
  const old = fleetOf(service('db'));
  const target = fleetOf(service('db', { command: ['sleep', '1'] }));
  assert.deepEqual(plan(target, target, viewOf(old, 'running', target)).changes, []);
  assert.deepEqual(
    plan(target, old, viewOf(old, 'running', target)).changes.map(({ keys }) => keys),
    [['command']],
  );
});

test('what belongs to the whole: used at once, or at the next start', () => {
  const before = { ...fleetOf(service('app')), shutdownBudgetMs: 9000 };
  const forward = { received: 'SIGUSR1', service: service('app').name, signal: 'SIGHUP' } as const;
  const made = plan(before, { ...before, shutdownBudgetMs: 20_000, forwards: [forward] }, viewOf(before), [
    { 'logs.format': 'json' },
    { 'logs.format': 'raw', socket: '/run/app.sock' },
  ]);
  assert.deepEqual(made.changes, []);
  assert.deepEqual(made.settings.map(describeDifference), [
    'shutdown.budget: 9s -> 20s',
    'signals.SIGUSR1 added (SIGHUP to app)',
  ]);
  assert.deepEqual(made.needs_restart_of_bosun.map(describeDifference), [
    'logs.format: json -> raw',
    'socket added (/run/app.sock)',
  ]);
});

test('a sink holds until Bosun ends, and what may be a secret in it is told to differ and not shown', () => {
  const spec = fleetOf(service('app'));
  const settings = (name: string, token: string): Record<string, string> =>
    fixedSettings(
      toFileSettings(
        fleetSchema.parse({
          logs: {
            dir: `/var/log/${name}`,
            sinks: {
              a: { otlp: { url: `http://o/?token=${token}`, headers: { 'X.Key': token } }, queue: '1M' },
              b: { loki: { url: `http://l/${token}`, headers: { Cookie: token }, labels: { env: name } } },
              c: { syslog: { udp: `${name}:514`, facility: 'local0' } },
            },
          },
        }),
      ),
      [],
    );
  const made = plan(spec, spec, viewOf(spec), [settings('one', 's3cret'), settings('two', 's3cret-too')]);
  assert.deepEqual(made.needs_restart_of_bosun.map(describeDifference), [
    'logs.sinks.a.otlp.url changed',
    'logs.sinks.a.otlp.headers.X.Key changed',
    'logs.sinks.b.loki.url changed',
    'logs.sinks.b.loki.headers.Cookie changed',
    'logs.sinks.b.loki.labels.env: one -> two',
    'logs.sinks.c.syslog.udp: one:514 -> two:514',
    'logs.dir: /var/log/one -> /var/log/two',
  ]);
  assert.ok(!JSON.stringify(made).includes('s3cret'));
});
