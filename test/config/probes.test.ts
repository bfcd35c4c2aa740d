// Readiness, liveness and startup: what they come to. What is refused is in probe-refusals.test.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeAction } from '../../supervisor/core/probe-spec.ts';
import { loadService } from './loading.ts';

const PACE = {
  initialDelayMs: 0,
  periodMs: 10_000,
  timeoutMs: 1000,
  successThreshold: 1,
  failureThreshold: 3,
};
const file: ProbeAction = { kind: 'file', path: '/a' };

test("a probe has Kubernetes' pace, and no delay", async () => {
  const yaml = 'command: [a]\nreadiness: { tcp: { port: 80 } }\nliveness: { file: /a }';
  const { readiness, liveness } = await loadService(yaml);
  const action = { kind: 'tcp', host: '127.0.0.1', port: 80 };
  assert.deepEqual(readiness, { kind: 'probe', probe: { action, ...PACE } });
  assert.deepEqual(liveness, { kind: 'probe', probe: { action: file, ...PACE }, graceMs: 5000 });
});

test('the pace of each probe can be said', async () => {
  const pace = 'initial_delay: 1s, period: 2s, timeout: 3s, failure_threshold: 5';
  const yaml = [
    'command: [a]',
    `readiness: { file: /a, ${pace}, success_threshold: 4 }`,
    `liveness: { file: /a, ${pace}, success_threshold: 1, grace: 0 }`,
    `startup: { probe: { file: /a, ${pace}, success_threshold: 1 } }`,
  ].join('\n');
  const { readiness, liveness, startup } = await loadService(yaml);
  const probe = {
    action: file,
    initialDelayMs: 1000,
    periodMs: 2000,
    timeoutMs: 3000,
    successThreshold: 1,
    failureThreshold: 5,
  };
  assert.deepEqual(readiness, { kind: 'probe', probe: { ...probe, successThreshold: 4 } });
  assert.deepEqual(liveness, { kind: 'probe', probe, graceMs: 0 });
  assert.deepEqual(startup, { kind: 'probe', probe });
});

test('the grace after a liveness failure is that of any stop, unless it is said', async () => {
  const graceOf = async (stop: string, liveness: string): Promise<unknown> => {
    const service = await loadService(`command: [a]\nstop: { timeout: ${stop} }\nliveness: { ${liveness} }`);
    return service.liveness.kind === 'none' ? undefined : service.liveness.graceMs;
  };
  assert.equal(await graceOf('7s', 'file: /a'), 7000);
  assert.equal(await graceOf('7s', 'file: /a, grace: 2s'), 2000);
  assert.equal(await graceOf('7s', 'watchdog: 30s'), 7000);
  assert.equal(await graceOf('7s', 'watchdog: 30s, grace: 1s'), 1000);
});

test('exec probes are commands', async () => {
  const { liveness } = await loadService('command: [a]\nliveness: { exec: "check -q" }');
  assert.ok(liveness.kind === 'probe');
  assert.deepEqual(liveness.probe.action, { kind: 'exec', command: ['check', '-q'] });
});

async function http(keys: string): Promise<ProbeAction> {
  const { readiness } = await loadService(
    `command: [a]\nreadiness: { http: { url: "https://a/", ${keys} } }`,
  );
  assert.ok(readiness.kind === 'probe');
  return readiness.probe.action;
}

test('an http probe passes with 200 to 399, trusts whom it meets and reads 10 KiB, as that of the kubelet', async () => {
  assert.deepEqual(await http(''), {
    kind: 'http',
    url: 'https://a/',
    method: 'GET',
    headers: {},
    statuses: [{ from: 200, to: 399 }],
    tls: { verify: 'none' },
    maxBodyBytes: 10_240,
    bodyContains: '',
  });
});

test('every key of an http probe arrives', async () => {
  const tls = 'tls: { verify: true, ca: /ca.pem, server_name: b }';
  assert.deepEqual(
    await http(`method: POST, headers: { A: 1 }, status: 204, ${tls}, contains: ok, max_body: 1M`),
    {
      kind: 'http',
      url: 'https://a/',
      method: 'POST',
      headers: { A: '1' },
      statuses: [{ from: 204, to: 204 }],
      tls: { verify: 'full', authorityFile: '/ca.pem', serverName: 'b' },
      maxBodyBytes: 1_048_576,
      bodyContains: 'ok',
    },
  );
});

test('tls that only verifies trusts the usual authorities and the name in the URL', async () => {
  const action = await http('tls: { verify: true }');
  assert.ok(action.kind === 'http');
  assert.deepEqual(action.tls, { verify: 'full', authorityFile: '', serverName: '' });
});

test('the statuses are one, a range, or a list of those', async () => {
  const cases: [string, unknown][] = [
    ['404', [{ from: 404, to: 404 }]],
    ['"404"', [{ from: 404, to: 404 }]],
    ['100-599', [{ from: 100, to: 599 }]],
    [
      '[200, 204-206, "429"]',
      [
        { from: 200, to: 200 },
        { from: 204, to: 206 },
        { from: 429, to: 429 },
      ],
    ],
  ];
  for (const [status, expected] of cases) {
    const action = await http(`status: ${status}`);
    assert.ok(action.kind === 'http');
    assert.deepEqual(action.statuses, expected, status);
  }
});

test('a service can say itself that it is ready', async () => {
  const cases: [string, unknown][] = [
    ['notify: { fd: 3 }', { kind: 'notify-fd', fd: 3 }],
    ['notify: { socket: true }', { kind: 'notify-socket' }],
    ['log: up', { kind: 'log', pattern: 'up', stream: 'both' }],
    [
      "log: { pattern: '^up \\d+$$', stream: stderr }",
      { kind: 'log', pattern: '^up \\d+$', stream: 'stderr' },
    ],
  ];
  for (const [keys, expected] of cases)
    assert.deepEqual((await loadService(`command: [a]\nreadiness: { ${keys} }`)).readiness, expected);
});

test('a watchdog is a liveness without a probe', async () => {
  const { liveness } = await loadService('command: [a]\nliveness: { watchdog: 30s }');
  assert.deepEqual(liveness, { kind: 'watchdog', periodMs: 30_000, graceMs: 5000 });
});

test('a startup probe can be a line of the output', async () => {
  const { startup } = await loadService('command: [a]\nstartup: { probe: { log: started } }');
  assert.deepEqual(startup, { kind: 'log', pattern: 'started', stream: 'both' });
});

test('the failures of a startup probe limit the start, if that comes before its timeout', async () => {
  const limitOf = async (startup: string): Promise<number> =>
    (await loadService(`command: [a]\nstartup: { ${startup} }`)).startupTimeoutMs;
  assert.equal(await limitOf('probe: { file: /a }'), 60_000);
  assert.equal(await limitOf('probe: { file: /a, period: 2s, failure_threshold: 4 }'), 8000);
  assert.equal(
    await limitOf('probe: { file: /a, initial_delay: 1s, period: 2s, failure_threshold: 4 }'),
    9000,
  );
  assert.equal(await limitOf('timeout: 5s, probe: { file: /a, period: 2s, failure_threshold: 4 }'), 5000);
  assert.equal(await limitOf('timeout: 0, probe: { file: /a, period: 2s, failure_threshold: 4 }'), 8000);
  assert.equal(await limitOf('timeout: 0, probe: { file: /a }'), 0);
});
