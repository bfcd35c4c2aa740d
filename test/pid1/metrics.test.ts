// The metrics of a whole Bosun with real services: what they say of a known load, of daemons that have left their parents, of runs that nobody scraped
// while they lived, and of the time before the control plane died.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { Container } from '../support/container.ts';
import { until } from '../support/deadline.ts';
import { promtoolCheck, Scrape } from '../support/scrape.ts';

const BURN = `${process.execPath} ${resolve(import.meta.dirname, '../fixtures/burn-cpu.mjs')}`;
const START_MS = 60_000;

/** A service that is this line of the shell. */
const shell = (line: string): string =>
  `command: ${JSON.stringify(['/bin/sh', '-c', line])}\nworking_dir: \${TEST_DIR}\n`;

function start(
  services: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): Container {
  return new Container({ place: 'below', options: ['--log-format', 'raw'], services, environment });
}

async function told(
  container: Container,
  file: string,
): Promise<{ readonly seconds: number; readonly pid: number }> {
  const text = await until(`what ${file} tells`, () => container.read(file) || undefined, START_MS);
  const [seconds, pid] = text.split(' ').map(Number);
  return { seconds: seconds ?? NaN, pid: pid ?? NaN };
}

function cpu(scrape: Scrape, service: string): number {
  const of = (mode: string): number => scrape.value('bosun_service_cpu_seconds_total', { service, mode });
  return of('user') + of('system');
}

function assertClose(one: number, other: number, what: string, share = 0.05): void {
  assert.ok(
    Math.abs(one - other) <= share * other,
    `${what}: ${one} is not within ${share * 100} % of ${other}`,
  );
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024;
}

test('CPU and memory of a known load are those of /proc, also of a daemon that has left its session and its parents', async () => {
  await using container = start({
    plain: shell(`exec ${BURN} 1.5 plain stay`),
    // Forked twice, and the one in between ends: an orphan in a session of its own.
    daemon: shell(`setsid --fork ${BURN} 1.5 daemon stay; exec sleep 100000`),
  });
  for (const service of ['plain', 'daemon']) {
    const { seconds, pid } = await told(container, service);
    const scrape = await Scrape.of(container.socket);
    assertClose(cpu(scrape, service), seconds, `CPU of ${service}`);
    assertClose(
      scrape.value('bosun_service_resident_memory_bytes', { service }),
      residentBytes(pid),
      'memory',
    );
    const processes = service === 'plain' ? 1 : 2;
    assert.equal(scrape.value('bosun_service_processes', { service }), processes);
    const fds = readdirSync(`/proc/${pid}/fd`).length;
    assert.ok(scrape.value('bosun_service_highest_open_fds', { service }) >= fds);
    const threads = readdirSync(`/proc/${pid}/task`).length;
    assert.equal(scrape.value('bosun_service_threads', { service }), threads + processes - 1);
  }
  // The orphan ends, and Bosun waits for it: what was seen of it stays.
  const before = cpu(await Scrape.of(container.socket), 'daemon');
  process.kill((await told(container, 'daemon')).pid, 'SIGKILL');
  const after = await until('the end of the daemon', async () => {
    const scrape = await Scrape.of(container.socket);
    return scrape.value('bosun_service_processes', { service: 'daemon' }) === 1 && scrape;
  });
  assert.ok(cpu(after, 'daemon') >= before);
  assert.ok(after.value('bosun_orphans_reaped_total') >= 1);
});

test('runs that ended before anybody scraped are in the counters, and no counter goes back when a run ends', async () => {
  await using container = start({
    short: `type: oneshot\n${shell(`exec ${BURN} 0.5 short`)}`,
    // A child that is waited for, between two scrapes.
    family: shell(`${BURN} 0.4 child stay; exec sleep 100000`),
  });
  const short = await told(container, 'short');
  const child = await told(container, 'child');
  // It may be done before anybody could be asked.
  await container.ctl('status');
  const done = await until('the end of the oneshot', async () => {
    const scrape = await Scrape.of(container.socket);
    return scrape.value('bosun_service_state', { service: 'short', state: 'completed' }) === 1 && scrape;
  });
  assert.equal(done.value('bosun_service_processes', { service: 'short' }), 0);
  assert.equal(done.value('bosun_service_exits_total', { service: 'short', reason: 'completed' }), 1);
  // To end takes a process a few milliseconds more.
  assertClose(cpu(done, 'short'), short.seconds, 'CPU of the one that nobody saw', 0.1);
  const before = cpu(done, 'family');
  assertClose(before, child.seconds, 'CPU of the child');
  process.kill(child.pid, 'SIGKILL');
  const after = await until('the end of the child', async () => {
    const scrape = await Scrape.of(container.socket);
    return scrape.value('bosun_service_processes', { service: 'family' }) === 1 && scrape;
  });
  assert.ok(cpu(after, 'family') >= before);
  await container.ctl('restart', 'family', '--wait', '30s');
  assert.ok(cpu(await Scrape.of(container.socket), 'family') >= before);
});

test('what is counted survives the death of the control plane', async () => {
  await using container = start(
    {
      crashing: `command: [/bin/sh, -c, "echo a line; exit 3"]\nrestart: { delay: 20ms, max_delay: 20ms }\n`,
      probed: `command: [/bin/sleep, "100000"]\nreadiness: { exec: ["true"], period: 50ms }\n`,
    },
    { BOSUN_FAULT_INJECTION: 'plane' },
  );
  const crashing = { service: 'crashing' };
  const probe = { service: 'probed', probe: 'readiness' };
  const before = await until(
    'some restarts and answers',
    async () => {
      const scrape = await Scrape.of(container.socket).catch(() => undefined);
      const runs = scrape?.find('bosun_probe_runs_total', { ...probe, result: 'success' }) ?? 0;
      return (scrape?.value('bosun_service_starts_total', crashing) ?? 0) > 5 && runs > 3 && scrape;
    },
    START_MS,
  );
  await container.signal('SIGUSR2');
  const after = await until('another control plane', async () => {
    const scrape = await Scrape.of(container.socket).catch(() => undefined);
    return scrape?.find('bosun_control_plane_starts_total') === 2 && scrape;
  });
  for (const [metric, labels] of [
    ['bosun_service_starts_total', crashing],
    ['bosun_service_restarts_total', { ...crashing, reason: 'exit' }],
    ['bosun_service_exits_total', { ...crashing, reason: 'error' }],
    ['bosun_service_cpu_seconds_total', { ...crashing, mode: 'user' }],
    ['bosun_log_bytes_total', crashing],
    ['bosun_probe_runs_total', { ...probe, result: 'success' }],
    ['bosun_probe_duration_seconds_sum', probe],
    ['bosun_events_total', {}],
  ] as const) {
    const [then, now] = [before.value(metric, labels), after.value(metric, labels)];
    assert.ok(now >= then && then > 0, `${metric}: ${now} after ${then}`);
  }
  assert.equal(after.value('bosun_probe_up', probe), 1);
  const starts = after.value('bosun_service_starts_total', crashing);
  const exits = after.value('bosun_service_exits_total', { ...crashing, reason: 'error' });
  assert.ok(starts - exits <= 1 && starts >= exits, `${starts} starts, ${exits} exits`);
});

test('promtool finds nothing wrong with a thousand services that run, as PID 1', async () => {
  const services = Array.from({ length: 1000 }, (_, index) => [
    `s${index}`,
    'command: [/bin/sleep, "100000"]\n',
  ]);
  await using container = new Container({
    options: ['--log-format', 'raw'],
    services: Object.fromEntries(services) as Record<string, string>,
  });
  const scrape = await until(
    'all of them',
    async () => {
      const found = await Scrape.of(container.socket).catch(() => undefined);
      return found?.text.match(/^bosun_service_processes\{[^}]*\} 1$/gm)?.length === 1000 && found;
    },
    START_MS,
  );
  assert.equal(promtoolCheck(scrape.text), '');
});
