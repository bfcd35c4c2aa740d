// The three probes with Kubernetes' meaning, with real services under Bosun as the real PID 1: each test decides what the probes
// are answered and reads in the events what followed. None asserts a time.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EventView } from '../../supervisor/wire/event-view.ts';
import { Container } from '../support/container.ts';
import { eventsOf, reaches, statusOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';
import { ScriptedServer } from '../support/scripted-server.ts';

const FOREVER = 'command: [sleep, "100000"]\n';

/** Prints each line once a file of that name is there; `sh` and no more. */
const printing = (...lines: readonly string[]): string => {
  const steps = lines.map((line) => `until [ -e "$$TEST_DIR/${line}" ]; do sleep 0.01; done; echo ${line}; `);
  return `command: [sh, -c, '${steps.join('')}exec sleep 100000']\n`;
};

function say(container: Container, line: string): void {
  writeFileSync(join(container.directory, line), '');
}

async function eventsAbout(container: Container, service: string): Promise<readonly EventView[]> {
  return (await eventsOf(container)).filter((event) => event.service === service);
}

/** `probe-failed liveness 2`, as far as an event has those. */
function told(events: readonly EventView[]): readonly string[] {
  return events
    .filter(({ type }) => /^(probe|ready|unready|started|stopping|killed|backing-off)/.test(type))
    .map(({ type, details: { purpose, cause, failures, successes } }) =>
      [type, purpose ?? cause, failures ?? successes].filter(isWord).join(' '),
    );
}

const isWord = (value: unknown): value is string | number =>
  typeof value === 'string' || typeof value === 'number';

async function atLeast(container: Container, service: string, type: string, count: number): Promise<void> {
  await until(`${count} times ${type}`, async () => {
    const events = await eventsAbout(container, service).catch(() => []);
    return events.filter((event) => event.type === type).length >= count;
  });
}

test('startup gates readiness and liveness; a service that is ready is known to be so at the next question', async () => {
  await using server = await ScriptedServer.start({
    '/gated': [200],
    '/alive': [200],
    '/other': [503, 503, 503, 503, 503, 503, 200],
  });
  const http = (path: string, more = ''): string => `{http: {url: "${server.url(path)}"}, ${more}}`;
  await using container = new Container({
    services: {
      gated:
        `${printing('started')}startup: {probe: {log: "^started$$"}}\n` +
        `readiness: ${http('/gated', 'period: 1h')}\nliveness: ${http('/alive', 'period: 10ms')}\n`,
      // Asked as eagerly as the other would be.
      other: `${FOREVER}readiness: ${http('/other', 'period: 1h')}\n`,
    },
  });
  await reaches(container, 'other', 'running');
  assert.equal(server.asked('/other'), 7, 'no more questions than answers, and no hour between two');
  assert.equal(server.asked('/gated') + server.asked('/alive'), 0);
  assert.equal((await statusOf(container, 'gated'))?.state, 'starting');
  say(container, 'started');
  await reaches(container, 'gated', 'running');
  await until('liveness', () => server.asked('/alive') > 0);
  assert.equal(server.asked('/gated'), 1);
  assert.deepEqual(told(await eventsAbout(container, 'gated')), ['started', 'ready']);
});

test('readiness: thresholds count answers in a row, both ways, and a failure never kills', async () => {
  const script = [503, 200, 503, 200, 200, 503, 200, 503, 503, 200, 503, 200, 200];
  await using server = await ScriptedServer.start({ '/': script });
  await using container = new Container({
    services: {
      a:
        `${FOREVER}readiness: {http: {url: "${server.url('/')}"}, ` +
        'period: 10ms, success_threshold: 2, failure_threshold: 2}\n',
    },
  });
  await atLeast(container, 'a', 'ready', 2);
  assert.deepEqual(told(await eventsAbout(container, 'a')), [
    'probe-failed readiness 0',
    'probe-passed 1',
    'probe-failed readiness 0',
    'probe-passed 1',
    'ready',
    'probe-failed readiness 1',
    'probe-recovered readiness',
    'probe-failed readiness 1',
    'probe-failed readiness 2',
    'unready',
    'probe-passed 1',
    'probe-failed readiness 1',
    'probe-passed 1',
    'ready',
  ]);
  const status = await statusOf(container, 'a');
  assert.equal(status?.restarts, 0);
});

test('liveness: one restart for each failure, with a grace of its own, and every run counts from zero', async () => {
  await using server = await ScriptedServer.start({ '/': [200, 503, 200, 503, 503] });
  await using container = new Container({
    services: {
      a:
        `command: [sh, -c, "trap '' TERM; while :; do sleep 100000; done"]\n` +
        `liveness: {http: {url: "${server.url('/')}"}, period: 10ms, failure_threshold: 2, grace: 50ms}\n` +
        'stop: {timeout: 1h}\nrestart: {delay: 0s, max_delay: 0s}\n',
    },
    options: ['--shutdown-budget', '1s'],
  });
  await atLeast(container, 'a', 'ready', 3);
  const events = told(await eventsAbout(container, 'a'));
  const end = ['stopping liveness-failed', 'killed', 'backing-off'];
  assert.deepEqual(events.slice(0, events.indexOf('backing-off') + 1), [
    'ready',
    'probe-failed liveness 1',
    'probe-recovered liveness',
    'probe-failed liveness 1',
    'probe-failed liveness 2',
    ...end,
  ]);
  const second = events.slice(events.indexOf('backing-off') + 1);
  assert.deepEqual(second.slice(0, second.indexOf('backing-off') + 1), [
    'ready',
    'probe-failed liveness 1',
    'probe-failed liveness 2',
    ...end,
  ]);
  const [backoff] = (await eventsAbout(container, 'a')).filter(({ type }) => type === 'backing-off');
  assert.deepEqual((backoff?.details['reason'] as { kind: string }).kind, 'liveness');
});

test('a start that times out is a failure, whatever its probe is', async () => {
  const never = (probe: string): string =>
    `${FOREVER}startup: {timeout: 200ms, probe: {${probe}}}\nrestart: {policy: never}\n`;
  await using container = new Container({
    services: {
      log: never('log: ready'),
      exec: never('exec: ["false"]'),
      // Kubernetes' way to say the same: 2 times 100 ms.
      threshold: `${FOREVER}startup: {timeout: 0, probe: {exec: ["false"], period: 100ms, failure_threshold: 2}}\nrestart: {policy: never}\n`,
    },
  });
  for (const name of ['log', 'exec', 'threshold']) {
    await reaches(container, name, 'failed');
    const events = await eventsAbout(container, name);
    assert.ok(told(events).includes('stopping startup-timeout'), name);
    const failed = events.find(({ type }) => type === 'failed');
    assert.deepEqual((failed?.details['reason'] as { kind: string }).kind, 'startup-timeout');
  }
});

test('a line of the output: in colour, on either stream or on the one that is named', async () => {
  const says = (text: string): string => `command: [sh, -c, "${text}; exec sleep 100000"]\n`;
  await using container = new Container({
    services: {
      colour: `${says("printf '\\\\033[32mready\\\\033[0m to serve\\\\n'")}readiness: {log: "^ready to serve$$"}\n`,
      either: `${says('echo ready >&2')}readiness: {log: ready}\n`,
      named: `${says('echo ready; sleep 0.2; echo ready >&2')}readiness: {log: {pattern: ready, stream: stderr}}\n`,
      other: `${says('echo ready')}readiness: {log: {pattern: ready, stream: stderr}}\n`,
    },
  });
  await reaches(container, 'colour', 'running');
  await reaches(container, 'either', 'running');
  await reaches(container, 'named', 'running');
  assert.equal((await statusOf(container, 'other'))?.state, 'starting');
});

test('a control plane that dies in the middle of the line costs nothing', async () => {
  await using container = new Container({
    services: {
      a:
        'command: [sh, -c, \'printf "now rea"; until [ -e $$TEST_DIR/go ]; do sleep 0.01; done; echo dy; exec sleep 100000\']\n' +
        'readiness: {log: "^now ready$$"}\n',
    },
    environment: { BOSUN_FAULT_INJECTION: 'plane' },
  });
  await reaches(container, 'a', 'starting');
  await container.signal('SIGUSR2');
  await until('the new control plane', async () =>
    (await eventsOf(container).catch(() => [])).some(({ type }) => type === 'plane-restarted'),
  );
  say(container, 'go');
  await reaches(container, 'a', 'running');
});

test('exec: as the user of the service, in its directory and with its environment', async () => {
  await using container = new Container({
    services: {
      a:
        `${FOREVER}user: "12345:0"\nworking_dir: /var\nenvironment: {OWN: of the service}\n` +
        `readiness: {exec: [sh, -c, 'has="$$(id -u)|$$PWD|$$OWN"; echo "$$has"; test "$$has" = "12345|/var|of the service"'], period: 10ms}\n`,
    },
  });
  await until('it to be ready', async () => {
    const status = await statusOf(container, 'a');
    assert.equal(status?.last_probe_error ?? '', '');
    return status?.state === 'running';
  });
});
