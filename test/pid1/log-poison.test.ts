// Lines at which the logs' thread dies each time: after three deaths they are left out, counted and told, and the logs go on.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Container } from '../support/container.ts';
import { eventsOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';
import { BOSUN_WITH_DEATHS } from '../support/torture-fleet.ts';

const POISON = 'a poison pill';
const LOGS = 'logs: { file: { format: raw } }\n';
// Each part waits to be in the file, or to be told, so that the poison is a block of its own.
const SCRIPT =
  'cd "$TEST_DIR"; seq -f "before %.0f" 1 500; until [ -e go ]; do sleep 0.02; done; ' +
  `echo ${POISON}; echo its neighbour; until [ -e on ]; do sleep 0.02; done; seq -f "after %.0f" 1 500; sleep 100000`;

test('three deaths at the same lines: they are left out and told, no other line is lost or doubled', async (t) => {
  const command = ['sh', '-c', SCRIPT.replaceAll('$', '$$$$')];
  await using container = new Container({
    services: {
      sick: `command: ${JSON.stringify(command)}\n${LOGS}`,
      well: `command: [sh, -c, "while :; do echo well; sleep 0.01; done"]\n${LOGS}`,
    },
    options: ['--log-format', 'raw'],
    program: BOSUN_WITH_DEATHS,
    environment: { BOSUN_TEST_POISON: POISON },
  });
  const file = (name: string): string =>
    container.read(join('bosun.state', 'logs', name, 'current.log')) ?? '';
  await until('what comes before', () => file('sick').endsWith('before 500\n'), 20_000);
  writeFileSync(join(container.directory, 'go'), '');
  const told = await until(
    'the event',
    async () => (await eventsOf(container)).find(({ type }) => type === 'log-trouble'),
    30_000,
  );
  const well = file('well').length;
  await until('more lines of the other', () => file('well').length > well + 50);
  writeFileSync(join(container.directory, 'on'), '');
  await until('what comes after', () => file('sick').endsWith('after 500\n'), 20_000);
  const events = await eventsOf(container);
  const deaths = events.filter(({ type }) => type === 'logs-failed');
  assert.equal(deaths.length, 3);
  assert.match(JSON.stringify(deaths[0]), /a block that nobody can write/);
  assert.equal(told.details['name'], 'sick');
  const text = String(told.details['text']);
  t.diagnostic(text);
  const lines = file('sick').split('\n').slice(0, -1);
  const leftOut = Number(/^(\d+) lines? of its output/.exec(text)?.[1]);
  assert.equal(leftOut, 1002 - lines.length, text);
  assert.ok(leftOut === 1 || leftOut === 2);
  const count = (part: string): string[] => Array.from({ length: 500 }, (_, index) => `${part} ${index + 1}`);
  assert.deepEqual(
    lines.filter((line) => line !== 'its neighbour'),
    [...count('before'), ...count('after')],
  );
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
  // Standard output had them before the file made the thread die.
  const shown = container.stdout.lines.filter((line) => /^(?:before|after|its|a poison)/.test(line));
  assert.deepEqual(
    shown.filter((line) => !line.startsWith('its')),
    [...count('before'), POISON, ...count('after')],
  );
});
