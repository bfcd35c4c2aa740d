// Real Prometheus: it scrapes the running stack, its answers are sensible, every query of the dashboard is one that it understands, and the alerts of
// the example fire when what they are for happens.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { Container } from '../support/container.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './free-ports.ts';
import { PrometheusRun } from './prometheus-run.ts';
import { StackRun } from './stack-run.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../examples/prometheus');
const UP_MS = 60_000;
const SEEN_MS = 60_000;

function configuration(port: number): string {
  return readExample('prometheus.yml').replaceAll('15s', '1s').replace('127.0.0.1:9100', `127.0.0.1:${port}`);
}

function readExample(name: string): string {
  return readFileSync(join(EXAMPLE, name), 'utf8');
}

const dashboard = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })),
});

/** As Grafana fills in its variables when everything is chosen. */
function dashboardQueries(): readonly { readonly title: string; readonly expr: string }[] {
  const { panels } = dashboard.parse(JSON.parse(readExample('grafana-dashboard.json')));
  return panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({
      title,
      expr: expr
        .replaceAll('$__rate_interval', '10s')
        .replaceAll('$instance', '.*')
        .replaceAll('$service', '.*'),
    })),
  );
}

/** The stack listens on its socket alone; Prometheus speaks TCP. */
class Forwarder implements AsyncDisposable {
  readonly #server: Server;

  private constructor(socketPath: string) {
    this.#server = createServer((client) => {
      const socket = connect(socketPath);
      client.pipe(socket).pipe(client);
      for (const end of [client, socket]) end.on('error', () => client.destroy());
      client.on('close', () => socket.destroy());
    });
  }

  static async start(socketPath: string): Promise<Forwarder> {
    const forwarder = new Forwarder(socketPath);
    forwarder.#server.listen(0, '127.0.0.1');
    await once(forwarder.#server, 'listening');
    return forwarder;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function promtool(...args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { cwd: EXAMPLE, encoding: 'utf8' });
  if (error !== undefined) throw error;
  assert.equal(status, 0, `${stdout}${stderr}`);
}

test('promtool takes the configuration and the rules of the example, and they alert for what they are for', () => {
  promtool('check', 'config', 'prometheus.yml');
  promtool('check', 'rules', 'bosun-rules.yml');
  promtool('test', 'rules', 'bosun-rules-test.yml');
});

test('Prometheus scrapes the running stack, and its answers are those of a stack that runs', async (t) => {
  await using stack = await StackRun.start();
  await using forwarder = await Forwarder.start(join(stack.directory, 'bosun.sock'));
  await using prometheus = await PrometheusRun.start({
    'prometheus.yml': configuration(forwarder.port),
    'bosun-rules.yml': readExample('bosun-rules.yml'),
  });
  await stack.events.waitFor({ type: 'ready', service: 'sut-backend' }, UP_MS);
  const names = stack.status().services.map(({ name }) => name);
  await eventually('a target that is up', SEEN_MS, async () => {
    const [target] = await prometheus.targets();
    return target?.health === 'up' || undefined;
  });
  const one = async (expression: string): Promise<number> => {
    const found = await eventually(expression, SEEN_MS, async () => (await prometheus.query(expression))[0]);
    return found.value;
  };
  assert.equal(await one('count(bosun_service_ready)'), names.length);
  assert.equal(await one('sum(bosun_service_state)'), names.length);
  const table = {
    up: await one('up{job="bosun"}'),
    'gunicorn, processes': await one('bosun_service_processes{service="sut-backend"}'),
    'gunicorn, listening sockets': await one(
      'bosun_service_network_connections{service="sut-backend",state="listen"}',
    ),
    'consul, resident MiB': (await one('bosun_service_resident_memory_bytes{service="consul"}')) / 2 ** 20,
    'all CPU': await one('sum(rate(bosun_service_cpu_seconds_total[10s]))'),
    restarts: await one('sum(bosun_service_restarts_total{service=~"consul|caddy|sut-backend"})'),
    'readiness of gunicorn': await one('bosun_probe_up{service="sut-backend",probe="readiness"}'),
  };
  for (const [query, value] of Object.entries(table)) t.diagnostic(`${query}: ${value}`);
  assert.equal(table.up, 1);
  assert.ok(table['gunicorn, processes'] >= 3, 'a master and two workers');
  assert.ok(table['gunicorn, listening sockets'] >= 1);
  assert.ok(table['consul, resident MiB'] > 10 && table['consul, resident MiB'] < 2000);
  assert.ok(table['all CPU'] > 0 && table['all CPU'] < 64);
  assert.equal(table['readiness of gunicorn'], 1);
  // Without a limit there is none to show; everything else shows something.
  for (const { title, expr } of dashboardQueries())
    if (expr.startsWith('bosun_service_memory_limit_bytes')) await prometheus.query(expr);
    else
      await eventually(`${title}: ${expr}`, SEEN_MS, async () => {
        const series = await prometheus.query(expr);
        return series.length > 0 || undefined;
      });
});

test('the alerts fire for a crash loop and for a service that is not ready, and for nothing else', async () => {
  const [port = 0] = await freePorts(1);
  await using container = new Container({
    place: 'below',
    options: ['--log-format', 'raw'],
    fleet: readExample('bosun.yaml').replace('9100', String(port)),
    services: {
      crashing: 'command: [/bin/false]\nrestart: { delay: 300ms, max_delay: 300ms }\n',
      hanging:
        'command: [/bin/sleep, "100000"]\nreadiness: { tcp: { port: 1 }, period: 100ms }\nstartup: { timeout: 1h }\n',
      well: 'command: [/bin/sleep, "100000"]\n',
    },
  });
  await container.ctl('status');
  await using prometheus = await PrometheusRun.start({
    'prometheus.yml': configuration(port),
    // The same rules, in seconds instead of minutes.
    'bosun-rules.yml': readExample('bosun-rules.yml')
      .replaceAll('[10m]', '[10s]')
      .replaceAll('[15m]', '[15s]')
      .replaceAll(/for: \d+m/g, 'for: 3s'),
  });
  const named = await eventually('both alerts', SEEN_MS, async () => {
    const firing = await prometheus.firing();
    const found = new Set(firing.map(({ alertname, service }) => `${alertname ?? ''} ${service ?? ''}`));
    const wanted = ['BosunServiceCrashLoop crashing', 'BosunServiceNotReady hanging'];
    return wanted.every((alert) => found.has(alert)) ? found : undefined;
  });
  // One that crashes again and again is hardly ever ready.
  named.delete('BosunServiceNotReady crashing');
  assert.deepEqual([...named].sort(), ['BosunServiceCrashLoop crashing', 'BosunServiceNotReady hanging']);
});
