// Right configurations: every key, every default, the order of the services, what is tolerated.
import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfiguration } from '../../supervisor/config/load.ts';
import { NO_RESOURCE_CONTROL, PLAIN_EXECUTION } from '../../supervisor/core/execution-spec.ts';
import { DEFAULT_LOGS } from '../../supervisor/core/log-spec.ts';
import { brief, load, loadService } from './loading.ts';

const fixtures = new URL('../fixtures/config/', import.meta.url).pathname;

test('a command is enough; everything else has its default', async () => {
  assert.deepEqual(await loadService('command: [caddy, run]', { PATH: '/bin' }), {
    name: 'it',
    description: '',
    type: 'service',
    command: ['caddy', 'run'],
    attachment: { kind: 'none' },
    environment: { PATH: '/bin', BOSUN_SERVICE: 'it' },
    workingDir: '/',
    stdio: 'piped',
    dependsOn: [],
    startup: { kind: 'none' },
    readiness: { kind: 'spawned' },
    liveness: { kind: 'none' },
    startupTimeoutMs: 60_000,
    restart: {
      policy: 'always',
      delayMs: 500,
      maxDelayMs: 30_000,
      resetAfterMs: 60_000,
      burst: { count: 0, windowMs: 60_000 },
    },
    importance: 'normal',
    stop: { signal: 'SIGTERM', timeoutMs: 5000, killMode: 'group', command: undefined },
    reload: { kind: 'none' },
    hooks: {},
    down: undefined,
    schedule: { kind: 'none' },
    successExitCodes: [0],
    logs: DEFAULT_LOGS,
    application: undefined,
    execution: PLAIN_EXECUTION,
    resourceControl: NO_RESOURCE_CONTROL,
    eligibility: { kind: 'eligible' },
  });
});

test('a oneshot is not restarted and has no startup limit', async () => {
  const service = await loadService('command: [a]\ntype: oneshot');
  assert.equal(service.restart.policy, 'never');
  assert.equal(service.startupTimeoutMs, 0);
});

test('essential and main services give up after five restarts in the window', async () => {
  const essential = await loadService('command: [a]\nessential: true');
  assert.equal(essential.importance, 'essential');
  assert.equal(essential.restart.burst.count, 5);
  const main = await loadService('command: [a]\nmain: true');
  assert.equal(main.importance, 'main');
  assert.equal(main.restart.burst.count, 5);
  const endless = await loadService('command: [a]\nessential: true\nrestart: { burst: { count: 0 } }');
  assert.equal(endless.restart.burst.count, 0);
});

test('every key of a complete configuration arrives', async () => {
  const result = await loadConfiguration({
    directory: join(fixtures, 'complete/services.d'),
    environment: { HOME: '/root', APP_PORT: '9090', APP_ESSENTIAL: 'true' },
  });
  assert.ok(result.kind === 'loaded', JSON.stringify(result));
  assert.deepEqual(result.warnings, []);
  const { spec, settings } = result;
  assert.deepEqual(settings, {
    socket: '/run/app/bosun.sock',
    logs: { format: 'prefix', sinks: {} },
    state_dir: '/var/lib/app',
    journal: { segment_events: 20_000, segment_size: 16 * 1024 * 1024, keep: 2 },
    access: { users: {}, groups: {} },
    listeners: {},
  });
  assert.equal(spec.shutdownBudgetMs, 20_000);
  assert.deepEqual(spec.forwards, [
    { received: 'SIGUSR1', service: 'app', signal: 'SIGUSR1' },
    { received: 'SIGUSR2', service: 'database', signal: 'SIGHUP' },
  ]);
  assert.deepEqual(
    spec.services.map((service) => service.name),
    ['clean', 'database', 'migrate', 'app'],
  );
  const [clean, database, migrate, app] = spec.services;
  assert.deepEqual(clean?.schedule, { kind: 'cron', expression: '0 3 * * *', timeZone: 'Europe/Berlin' });
  assert.deepEqual(database?.readiness, { kind: 'notify-fd', fd: 3 });
  assert.deepEqual(database.reload, { kind: 'signal', signal: 'SIGHUP' });
  assert.deepEqual(migrate?.down, ['migrate', 'down']);
  assert.deepEqual(app, {
    name: 'app',
    description: 'Every key that a service can have',
    type: 'service',
    command: ['node', 'server.js', '--title', 'two words'],
    environment: {
      HOME: '/root',
      APP_PORT: '9090',
      APP_ESSENTIAL: 'true',
      FROM_FILE: 'file',
      PORT: '8080',
      VERSION: '1.10',
      DEBUG: 'true',
      'x-kept': 'yes',
      BOSUN_SERVICE: 'app',
    },
    workingDir: '/srv/app',
    stdio: 'piped',
    dependsOn: [
      { name: 'database', condition: 'service_healthy', need: 'required', onRestart: 'follow' },
      { name: 'migrate', condition: 'service_completed_successfully', need: 'required', onRestart: 'keep' },
      { name: 'cache', condition: 'service_started', need: 'optional', onRestart: 'keep' },
    ],
    startup: {
      kind: 'probe',
      probe: {
        action: { kind: 'exec', command: ['app', '--check'] },
        initialDelayMs: 100,
        periodMs: 1000,
        timeoutMs: 1000,
        successThreshold: 1,
        failureThreshold: 1,
      },
    },
    readiness: {
      kind: 'probe',
      probe: {
        action: {
          kind: 'http',
          url: 'https://127.0.0.1:9090/ready',
          method: 'GET',
          headers: { 'x-probe': 'bosun' },
          statuses: [
            { from: 200, to: 200 },
            { from: 300, to: 308 },
          ],
          tls: { verify: 'full', authorityFile: '/etc/app/ca.pem', serverName: 'app.internal' },
          maxBodyBytes: 65_536,
          bodyContains: 'ok',
        },
        initialDelayMs: 500,
        periodMs: 2000,
        timeoutMs: 500,
        successThreshold: 2,
        failureThreshold: 2,
      },
    },
    liveness: {
      kind: 'probe',
      probe: {
        action: { kind: 'tcp', host: '127.0.0.1', port: 9090 },
        initialDelayMs: 5000,
        periodMs: 90_000,
        timeoutMs: 1000,
        successThreshold: 1,
        failureThreshold: 3,
      },
      graceMs: 1000,
    },
    startupTimeoutMs: 0,
    restart: {
      policy: 'on-failure',
      delayMs: 1000,
      maxDelayMs: 60_000,
      resetAfterMs: 120_000,
      burst: { count: 3, windowMs: 300_000 },
    },
    importance: 'essential',
    stop: { signal: 'SIGINT', timeoutMs: 10_000, killMode: 'mixed', command: ['app', 'quit'] },
    reload: { kind: 'command', command: ['kill', '-HUP', '1'], timeoutMs: 3000 },
    hooks: {
      pre_start: { command: ['mkdir', '-p', '/run/app'], timeoutMs: 10_000 },
      post_start: { command: ['announce', 'app is up'], timeoutMs: 2000 },
      pre_stop: { command: ['deregister'], timeoutMs: 10_000 },
      post_stop: { command: ['rm', '-f', '/run/app/lock'], timeoutMs: 10_000 },
    },
    down: undefined,
    schedule: { kind: 'none' },
    successExitCodes: [0, 143],
    logs: { ...DEFAULT_LOGS, format: 'prefix' },
    application: undefined,
    attachment: { kind: 'none' },
    execution: PLAIN_EXECUTION,
    resourceControl: NO_RESOURCE_CONTROL,
    eligibility: { kind: 'eligible' },
  });
});

test('without bosun.yaml, or with one of comments only, the defaults hold', async () => {
  for (const files of [{}, { 'bosun.yaml': '# nothing yet\n' }]) {
    const result = await load({ 'services.d/a.yaml': 'command: [a]', ...files });
    assert.ok(result.kind === 'loaded');
    assert.equal(result.spec.shutdownBudgetMs, 9000);
    assert.deepEqual(result.spec.forwards, []);
    assert.deepEqual(result.settings, {
      logs: { format: 'json', sinks: {} },
      journal: { segment_events: 100_000, segment_size: 64 * 1024 * 1024, keep: 4 },
      access: { users: {}, groups: {} },
      listeners: {},
    });
  }
});

test('services come after what they need, and by name otherwise', async () => {
  const files: Record<string, string> = {};
  const needs: Record<string, string> = { z: '', a: 'z', m: '', b: 'a', c: '' };
  for (const [name, need] of Object.entries(needs)) {
    files[`services.d/${name}.yaml`] = `command: [x]\n${need === '' ? '' : `depends_on: [${need}]`}`;
  }
  const result = await load(files);
  assert.ok(result.kind === 'loaded');
  const order = result.spec.services.map((service) => service.name);
  assert.deepEqual(order, ['c', 'm', 'z', 'a', 'b']);
});

test('Windows line ends, a byte order mark, anchors and merge keys are fine', async () => {
  const yaml = [
    '\ufeffx-probe: &probe { period: 2s, timeout: 300ms }',
    'command: &argv [a, b]',
    'readiness: { <<: *probe, timeout: 1s, tcp: { port: 1 } }',
    'liveness:',
    '  <<: [*probe, { period: 9s }]',
    '  exec: *argv',
    '',
  ].join('\r\n');
  const { command, readiness, liveness } = await loadService(yaml);
  assert.deepEqual(command, ['a', 'b']);
  assert.ok(readiness.kind === 'probe' && liveness.kind === 'probe');
  assert.deepEqual([readiness.probe.periodMs, readiness.probe.timeoutMs], [2000, 1000]);
  assert.deepEqual([liveness.probe.periodMs, liveness.probe.timeoutMs], [2000, 300]);
  assert.deepEqual(liveness.probe.action, { kind: 'exec', command: ['a', 'b'] });
});

test('plain numbers and booleans in a command are taken as they are written', async () => {
  assert.deepEqual((await loadService('command: [sleep, 1.50, true, 0x10]')).command, [
    'sleep',
    '1.50',
    'true',
    '0x10',
  ]);
  assert.deepEqual((await loadService('command: [true]')).command, ['true']);
});

test('${VAR} may stand for a number, a part of one, or a boolean, and is never read as YAML', async () => {
  const yaml =
    'command: [a, "${LIST}", "${UNSET:-}"]\nmain: ${MAIN}\nreadiness: { tcp: { port: "${PORT}80" } }';
  const { command, importance, readiness } = await loadService(yaml, {
    LIST: '[x, y]',
    MAIN: 'true',
    PORT: '80',
  });
  assert.deepEqual(command, ['a', '[x, y]', '']);
  assert.equal(importance, 'main');
  assert.ok(readiness.kind === 'probe' && readiness.probe.action.kind === 'tcp');
  assert.equal(readiness.probe.action.port, 8080);
});

test('keys are not expanded', async () => {
  const { environment } = await loadService('command: [a]\nenvironment: { "$A": b }', { A: 'x' });
  assert.equal(environment['$A'], 'b');
});

test('an unset variable is a warning with its place, and the configuration is loaded', async () => {
  const result = await load({ 'services.d/a.yaml': 'command: [a]\nenvironment:\n  X: "a ${GONE} b"\n' });
  assert.ok(result.kind === 'loaded');
  assert.deepEqual(brief(result.warnings), ['services.d/a.yaml:3:9 ${GONE} is not set and becomes empty']);
  assert.equal(result.warnings[0]?.severity, 'warning');
  assert.equal(result.warnings[0].key, 'environment.X');
  assert.equal(result.spec.services[0]?.environment['X'], 'a  b');
});

test('other files in the directory are left alone; links are followed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'bosun-config-'));
  try {
    await writeFile(join(directory, 'real'), 'command: [a]');
    await symlink('real', join(directory, 'web.yaml'));
    for (const name of ['README.md', 'schema.json', '.web.yaml', 'web.yaml~', '.#web.yaml']) {
      await writeFile(join(directory, name), '{ not: [yaml');
    }
    const result = await loadConfiguration({ directory, environment: {} });
    assert.ok(result.kind === 'loaded', JSON.stringify(result));
    assert.deepEqual(
      result.spec.services.map((service) => service.name),
      ['web'],
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});
