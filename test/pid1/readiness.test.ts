// Each way to be ready, with real services.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Container } from '../support/container.ts';
import { eventsOf, reaches, statusOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';

const sleeping = (readiness: string): string => `command: [sleep, "100000"]\nreadiness: ${readiness}\n`;

test('file and exec: starting until they succeed, then ready within some milliseconds', async () => {
  await using container = new Container({
    services: {
      file: sleeping('{file: $TEST_DIR/ready}'),
      exec: sleeping('{exec: [sh, -c, "echo not yet; test -e $TEST_DIR/ready"]}'),
    },
  });
  await until('the reason of the exec probe', async () =>
    (await statusOf(container, 'exec'))?.last_probe_error.includes('not yet'),
  );
  assert.equal((await statusOf(container, 'file'))?.state, 'starting');
  writeFileSync(`${container.directory}/ready`, '');
  await reaches(container, 'file', 'running');
  await reaches(container, 'exec', 'running');
});

test('http and tcp: 200 to 399 is ready, 503 and refused are not, and the reason is told', async () => {
  let status = 503;
  const server = createServer((_request, response) => {
    response.writeHead(status).end('body');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await using container = new Container({
      services: {
        http: sleeping(`{http: {url: "http://127.0.0.1:${port}/"}}`),
        tcp: sleeping(`{tcp: {port: ${port}}}`),
        closed: sleeping('{tcp: {port: 1}}'),
      },
    });
    await reaches(container, 'tcp', 'running');
    await until('503 to be told', async () =>
      (await statusOf(container, 'http'))?.last_probe_error.includes('503'),
    );
    assert.match((await statusOf(container, 'closed'))?.last_probe_error ?? '', /ECONNREFUSED/);
    status = 302;
    await reaches(container, 'http', 'running');
  } finally {
    server.close();
  }
});

test('notify: a newline on the descriptor, at once; without one the start times out', async () => {
  const service = (script: string): string =>
    `command: [sh, -c, "${script}"]\nreadiness: {notify: {fd: 3}}\nstartup: {timeout: 300ms}\n`;
  await using container = new Container({
    services: {
      tells: service('printf almost >&3; echo >&3; exec sleep 100000'),
      silent: service('exec sleep 100000'),
    },
  });
  await reaches(container, 'tells', 'running');
  await reaches(container, 'silent', 'backoff');
  const events = await eventsOf(container);
  const stop = events.find((event) => event.service === 'silent' && event.type === 'stopping');
  assert.equal(stop?.details['cause'], 'startup-timeout');
});

test('dependents start when the dependency is ready, not before', async () => {
  await using container = new Container({
    services: {
      db: sleeping('{file: $TEST_DIR/ready}'),
      app: 'command: [sleep, "100000"]\ndepends_on: [db]\n',
    },
  });
  await reaches(container, 'db', 'starting');
  const app = await reaches(container, 'app', 'waiting');
  assert.deepEqual(
    app.waiting_for.map((unmet) => [unmet.service, unmet.verdict]),
    [['db', 'pending']],
  );
  writeFileSync(`${container.directory}/ready`, '');
  await reaches(container, 'app', 'running');
  const events = await eventsOf(container);
  const idOf = (type: string, service: string): number =>
    events.find((event) => event.type === type && event.service === service)?.id ?? NaN;
  assert.ok(idOf('ready', 'db') < idOf('starting', 'app'));
});
