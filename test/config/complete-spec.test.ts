// What the command line adds to a configuration, at the start and whenever it is read again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeSpec, type Completion } from '../../supervisor/config/complete-spec.ts';
import { fixedSettings } from '../../supervisor/config/fixed-settings.ts';
import { planChanges } from '../../supervisor/core/configuration-change.ts';
import { DEFAULT_LOGS } from '../../supervisor/core/log-spec.ts';
import type { FleetSpec, ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { fleetOf, service } from '../support/specs.ts';

const START: Completion = {
  socketPath: '/run/bosun.sock',
  shutdownBudgetMs: undefined,
  command: [],
  logsOfCommand: (service) => ({ ...DEFAULT_LOGS, forward: [`for-${service}`] }),
  environment: { PATH: '/bin', BOSUN_SOCKET: '/elsewhere' },
  moment: 'start',
};

function complete(completion: Partial<Completion>, ...services: readonly ServiceSpec[]): FleetSpec {
  const completed = completeSpec(fleetOf(...services), { ...START, ...completion });
  assert.equal(completed.kind, 'complete');
  return completed.spec;
}

test('every service, the command included, is told where the socket is', () => {
  const { services } = complete({ command: ['npm', 'test'] }, service('app', { environment: { A: '1' } }));
  assert.deepEqual(
    services.map(({ name, environment }) => [name, environment['BOSUN_SOCKET']]),
    [
      ['app', '/run/bosun.sock'],
      ['main', '/run/bosun.sock'],
    ],
  );
  assert.equal(services[0]?.environment['A'], '1');
});

test('the output of the command is treated as bosun.yaml says for every service', () => {
  const { services } = complete({ command: ['true'] }, service('app'));
  assert.deepEqual(
    services.map(({ logs }) => logs.forward),
    [[], ['for-main']],
  );
});

test('the option for the budget wins over the file, also later', () => {
  assert.equal(complete({}).shutdownBudgetMs, 9000);
  assert.equal(complete({ shutdownBudgetMs: 500, moment: 'running' }).shutdownBudgetMs, 500);
});

test('what has not changed is the same when it is read again', () => {
  const command = ['sleep', '1'];
  const [before, after] = (['start', 'running'] as const).map((moment) =>
    complete({ command, moment }, service('a'), service('b')),
  );
  assert.ok(before !== undefined && after !== undefined);
  assert.deepEqual(planChanges(before, after), []);
});

test('a Bosun that runs does not become a plain init when the command is all that is left', () => {
  const stdioOf = (moment: Completion['moment']): unknown =>
    complete({ command: ['sleep', '1'], moment }).services[0]?.stdio;
  assert.equal(stdioOf('start'), 'inherited');
  assert.equal(stdioOf('running'), 'piped-with-stdin');
});

test('a service that the command cannot stand beside is refused, also later', () => {
  const completion = { ...START, command: ['true'], moment: 'running' } as const;
  const refused = completeSpec(fleetOf(service('main')), completion);
  assert.match(refused.kind === 'refused' ? refused.diagnostic.message : '', /called "main" already/);
});

test('settings that are used once are flat, without those that an option decides', () => {
  const settings = { socket: '/a', logs: { format: 'raw' as const, sinks: {} } };
  assert.deepEqual(fixedSettings(settings, []), { socket: '/a', 'logs.format': 'raw' });
  assert.deepEqual(fixedSettings(settings, ['logs.format']), { socket: '/a' });
});
