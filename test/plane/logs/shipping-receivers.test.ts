// Real receivers take what is sent, in order and with all that is in it: rsyslog, and a collector of OpenTelemetry and Loki where the machine
// has them (they take minutes to build).
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import type { LogTarget } from '../../../supervisor/core/log-spec.ts';
import { until } from '../../support/deadline.ts';
import { ShippingRun } from './support/shipping-run.ts';
import { sinkOf, Spooling } from './support/spooling.ts';

const SLOW_START_MS = 60_000;
const LOCAL0 = 16;

test('rsyslog takes lines over TCP and from its socket', unless('rsyslogd'), async () => {
  await using rsyslog = await Rsyslog.start();
  const { port, socket } = rsyslog;
  using spooling = new Spooling([
    sinkOf('tcp', syslog({ kind: 'tcp', host: '127.0.0.1', port })),
    sinkOf('unix', syslog({ kind: 'unix', path: socket })),
  ]);
  spooling.writeLines(5_000, { timeMs: Date.now() });
  spooling.write({ service: 'db', stream: 'stderr', pid: 7, bytes: Buffer.from('ERROR caf\u00e9 %s\n') });
  await using run = new ShippingRun(spooling);
  for (const sink of ['tcp', 'unix']) {
    await run.sent(sink, 5_001);
    const lines = await until(`the lines of ${sink}`, () => {
      const found = rsyslog.lines(sink);
      return found.length >= 5_001 ? found : undefined;
    });
    const expected = Array.from(
      { length: 5_000 },
      (_, n) => `local0.info web 42 [bosun@32473 service="web" stream="stdout"] line ${n + 1}`,
    );
    assert.deepEqual(lines, [
      ...expected,
      'local0.err db 7 [bosun@32473 service="db" stream="stderr"] ERROR caf\u00e9 %s',
    ]);
  }
});

test('rsyslog that is killed and comes back goes on with the next lines', unless('rsyslogd'), async () => {
  const first = await Rsyslog.start();
  const { port } = first;
  using spooling = new Spooling([sinkOf('tcp', syslog({ kind: 'tcp', host: '127.0.0.1', port }))]);
  spooling.writeLines(100);
  await using run = new ShippingRun(spooling);
  await run.sent('tcp', 100);
  await until('the lines', () => first.lines('tcp').length === 100);
  await first[Symbol.asyncDispose]();
  spooling.writeLines(100);
  await until('an attempt', async () => (await run.statusOf('tcp'))?.state.kind === 'retrying');
  await using second = await Rsyslog.start(port);
  await run.sent('tcp', 200);
  await until('the lines', () => second.lines('tcp').length >= 100);
  assert.match(second.lines('tcp')[0] ?? '', / line 101$/);
});

test('a collector of OpenTelemetry takes lines', unless('otelcol'), async () => {
  await using collector = await OtelCollector.start();
  const target = { kind: 'otlp', url: `http://127.0.0.1:${collector.port}/v1/logs`, headers: {} } as const;
  using spooling = new Spooling([sinkOf('a', target)]);
  spooling.writeLines(2_000, { timeMs: Date.UTC(2026, 0, 2) });
  spooling.write({ service: 'db', stream: 'stderr', bytes: Buffer.from('{"level":50,"msg":"no"}\n') });
  await using run = new ShippingRun(spooling);
  const { refusedLines } = await run.sent('a', 2_001);
  assert.equal(refusedLines, 0);
  const shown = await until('the last line', () =>
    collector.output.includes('{\\"level\\":50') || collector.output.includes('{"level":50')
      ? collector.output
      : undefined,
  );
  const bodies = [...shown.matchAll(/^Body: Str\(line (\d+)\)$/gm)].map(([, number]) => Number(number));
  assert.deepEqual(
    bodies,
    Array.from({ length: 2_000 }, (_, n) => n + 1),
  );
  assert.match(shown, /-> service\.name: Str\(web\)/);
  assert.match(shown, /-> service\.name: Str\(db\)/);
  assert.match(shown, /-> log\.iostream: Str\(stderr\)/);
  assert.match(shown, /SeverityText: ERROR/);
  assert.match(shown, /^Timestamp: 2026-01-02 00:00:00 \+0000 UTC$/m);
});

test('Loki takes lines, equal ones too, and gives them back in order', unless('loki'), async () => {
  await using loki = await Loki.start();
  const target = {
    kind: 'loki',
    url: `${loki.url}/loki/api/v1/push`,
    headers: {},
    labels: { env: 'test' },
  } as const;
  using spooling = new Spooling([sinkOf('a', target)]);
  const timeMs = Date.now() - 60_000;
  spooling.writeLines(2_000, { timeMs });
  spooling.write({ timeMs, bytes: Buffer.from('same\nsame\nsame\n') });
  // A month ago: Loki takes a week.
  spooling.write({ timeMs: timeMs - 30 * 86_400_000, bytes: Buffer.from('old\nold\n') });
  spooling.write({ service: 'db', timeMs, bytes: Buffer.from('last\n') });
  await using run = new ShippingRun(spooling);
  const { refusedLines } = await run.sent('a', 2_004);
  assert.equal(refusedLines, 2);
  assert.match(run.told.join('\n'), /too old/);
  const lines = await until('the lines', async () => {
    const found = await loki.query('{env="test",service="web",stream="stdout"}', timeMs);
    return found.length >= 2_003 ? found : undefined;
  });
  const expected = Array.from({ length: 2_000 }, (_, n) => `line ${n + 1}`);
  assert.deepEqual(lines, [...expected, 'same', 'same', 'same']);
});

class Receiver implements AsyncDisposable {
  readonly directory: string;
  #child: ChildProcess | undefined;
  output = '';

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'bosun-receiver-'));
  }

  async run(
    program: string,
    args: readonly string[],
    ready: () => boolean | Promise<boolean>,
  ): Promise<void> {
    const child = spawn(program, args, { cwd: this.directory, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece: Buffer) => {
        this.output += piece.toString();
      });
    await until(
      `${program} to be ready`,
      () => {
        if (child.exitCode !== null) throw new Error(`${program} has ended: ${this.output.slice(-2_000)}`);
        return ready();
      },
      SLOW_START_MS,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

class Rsyslog extends Receiver {
  port = 0;

  static async start(port?: number): Promise<Rsyslog> {
    const rsyslog = new Rsyslog();
    rsyslog.port = port ?? (await freePort());
    const format =
      '%syslogfacility-text%.%syslogseverity-text% %app-name% %procid% %structured-data% %msg%\\n';
    const configuration = [
      'module(load="imtcp")',
      'module(load="imuxsock" SysSock.Use="off")',
      `template(name="plain" type="string" string="${format}")`,
      ...['tcp', 'unix'].map(
        (name) =>
          `ruleset(name="${name}") { action(type="omfile" file="${rsyslog.directory}/${name}.out" template="plain") }`,
      ),
      `input(type="imtcp" port="${rsyslog.port}" address="127.0.0.1" ruleset="tcp")`,
      `input(type="imuxsock" Socket="${rsyslog.socket}" useSpecialParser="off" parseHostname="on" RateLimit.Interval="0" ruleset="unix")`,
    ];
    const file = join(rsyslog.directory, 'rsyslog.conf');
    writeFileSync(file, `${configuration.join('\n')}\n`);
    await rsyslog.run('rsyslogd', ['-n', '-f', file, '-i', join(rsyslog.directory, 'pid')], async () => {
      return existsSync(rsyslog.socket) && (await accepts(rsyslog.port));
    });
    return rsyslog;
  }

  get socket(): string {
    return join(this.directory, 'log');
  }

  lines(name: string): readonly string[] {
    const file = join(this.directory, `${name}.out`);
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  }
}

class OtelCollector extends Receiver {
  port = 0;

  static async start(): Promise<OtelCollector> {
    const collector = new OtelCollector();
    collector.port = await freePort();
    const file = join(collector.directory, 'otelcol.yaml');
    const configuration = {
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${collector.port}` } } } },
      exporters: { debug: { verbosity: 'detailed', use_internal_logger: false } },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { logs: { receivers: ['otlp'], exporters: ['debug'] } },
      },
    };
    writeFileSync(file, JSON.stringify(configuration));
    await collector.run('otelcol', ['--config', `file:${file}`], () => accepts(collector.port));
    return collector;
  }
}

class Loki extends Receiver {
  url = '';

  static async start(): Promise<Loki> {
    const loki = new Loki();
    const port = await freePort();
    loki.url = `http://127.0.0.1:${port}`;
    const file = join(loki.directory, 'loki.yaml');
    const configuration = {
      auth_enabled: false,
      analytics: { reporting_enabled: false },
      server: {
        http_listen_address: '127.0.0.1',
        http_listen_port: port,
        grpc_listen_address: '127.0.0.1',
        grpc_listen_port: await freePort(),
        log_level: 'error',
      },
      common: {
        instance_addr: '127.0.0.1',
        path_prefix: loki.directory,
        replication_factor: 1,
        ring: { kvstore: { store: 'inmemory' } },
        storage: {
          filesystem: {
            chunks_directory: `${loki.directory}/chunks`,
            rules_directory: `${loki.directory}/rules`,
          },
        },
      },
      schema_config: {
        configs: [
          {
            from: '2020-10-24',
            store: 'tsdb',
            object_store: 'filesystem',
            schema: 'v13',
            index: { prefix: 'index_', period: '24h' },
          },
        ],
      },
      limits_config: { max_entries_limit_per_query: 10_000 },
    };
    writeFileSync(file, JSON.stringify(configuration));
    await loki.run('loki', [`-config.file=${file}`], async () => {
      try {
        return (await fetch(`${loki.url}/ready`)).status === 200;
      } catch {
        return false;
      }
    });
    return loki;
  }

  async query(query: string, aroundMs: number): Promise<readonly string[]> {
    const parameters = new URLSearchParams({
      query,
      limit: '10000',
      direction: 'forward',
      start: `${aroundMs - 1000}000000`,
      end: `${aroundMs + 1000}000000`,
    });
    const answer = await fetch(`${this.url}/loki/api/v1/query_range?${parameters.toString()}`);
    const { data } = (await answer.json()) as { data: { result: { values: [string, string][] }[] } };
    return data.result.flatMap(({ values }) => values.map(([, text]) => text));
  }
}

function unless(program: string): { readonly skip: string | false } {
  const found = (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  return { skip: found ? false : `this machine has no ${program}` };
}

function syslog(transport: Extract<LogTarget, { kind: 'syslog' }>['transport']): LogTarget {
  return { kind: 'syslog', transport, facility: LOCAL0 };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => {
      resolve(false);
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
