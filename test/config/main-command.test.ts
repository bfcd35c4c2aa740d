// The command after `--`: alone a drop-in, beside services the last to start.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderDiagnostics } from '../../supervisor/config/diagnostic.ts';
import {
  mainCommandConflict,
  mainCommandService,
  withMainCommand,
} from '../../supervisor/config/main-command.ts';
import { DEFAULT_LOGS } from '../../supervisor/core/log-spec.ts';
import type { FleetSpec } from '../../supervisor/core/service-spec.ts';
import { load, type Files } from './loading.ts';

async function fleet(files: Files): Promise<FleetSpec> {
  const result = await load(files);
  assert.ok(result.kind === 'loaded', JSON.stringify(result));
  return result.spec;
}

const usualLogs = (): typeof DEFAULT_LOGS => DEFAULT_LOGS;

const none: FleetSpec = { services: [], shutdownBudgetMs: 4000, forwards: [] };

test('alone it has the terminal, its own working directory and all of the stop budget', () => {
  const environment = { PATH: '/bin', NODE_OPTIONS: '-x', BOSUN_CONFIG: '/etc' };
  const [service, ...others] = withMainCommand(none, ['sh', '-c', 'exit 7'], environment, usualLogs).services;
  assert.deepEqual(others, []);
  assert.ok(service);
  assert.equal(service.name, 'main');
  assert.deepEqual(service.command, ['sh', '-c', 'exit 7']);
  assert.equal(service.stdio, 'inherited');
  assert.deepEqual(service.dependsOn, []);
  assert.equal(service.importance, 'main');
  assert.equal(service.restart.policy, 'never');
  assert.deepEqual(service.readiness, { kind: 'spawned' });
  assert.equal(service.workingDir, process.cwd());
  assert.equal(service.stop.timeoutMs, 4000);
  assert.deepEqual(service.environment, { PATH: '/bin', BOSUN_SERVICE: 'main' });
});

test('beside services it has stdin and waits for all of them but timers, which are never ready', async () => {
  const spec = await fleet({
    'services.d/web.yaml': 'command: [a]',
    'services.d/migrate.yaml': 'command: [a]\ntype: oneshot',
    'services.d/gone.yaml': 'command: [a]\nwhen: { executable: /nowhere/gone }',
    'services.d/tick.yaml': 'command: [a]\ntype: timer\nevery: 1h',
  });
  const service = withMainCommand(spec, ['true'], {}, usualLogs).services.at(-1);
  assert.equal(service?.stdio, 'piped-with-stdin');
  assert.deepEqual(
    service.dependsOn.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    [
      { name: 'gone', condition: 'service_healthy', need: 'optional', onRestart: 'keep' },
      { name: 'migrate', condition: 'service_completed_successfully', need: 'required', onRestart: 'keep' },
      { name: 'web', condition: 'service_healthy', need: 'required', onRestart: 'keep' },
    ],
  );
});

test('the working directory and the stop time-out can be given', () => {
  const service = mainCommandService(
    ['a'],
    {},
    { stdio: 'piped', logs: DEFAULT_LOGS, workingDir: '/srv', stopTimeoutMs: 1 },
  );
  assert.deepEqual([service.workingDir, service.stop.timeoutMs, service.stdio], ['/srv', 1, 'piped']);
});

test('a service called main, or one that is main, is in conflict with a command', async () => {
  const named = mainCommandConflict(await fleet({ 'services.d/main.yaml': 'command: [a]' }), ['b', 'c']);
  assert.match(named?.message ?? '', /called "main" already/);
  assert.ok(named);
  assert.match(renderDiagnostics([named], { color: false }), /\| bosun run -- b c\n +\| {11}~{6}\n/);
  const other = mainCommandConflict(await fleet({ 'services.d/web.yaml': 'command: [a]\nmain: true' }), [
    'b',
  ]);
  assert.match(other?.message ?? '', /"web" is main already/);
  assert.equal(mainCommandConflict(await fleet({ 'services.d/web.yaml': 'command: [a]' }), ['b']), undefined);
});
