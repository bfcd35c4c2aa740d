// What is settled of the logs when Bosun starts, by options and bosun.yaml, and that it stays so when the configuration is read again.
import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RunRequest } from '../../supervisor/boot/command-line.ts';
import { prepareRun, type PreparedRun } from '../../supervisor/boot/prepare-run.ts';
import { readConfiguration } from '../../supervisor/boot/read-configuration.ts';
import { loadConfiguration } from '../../supervisor/config/load.ts';
import { planChanges } from '../../supervisor/core/configuration-change.ts';
import type { FleetSpec } from '../../supervisor/core/service-spec.ts';
import type { ConfigurationReading } from '../../supervisor/plane/ports.ts';

type Prepared = Extract<PreparedRun, { kind: 'prepared' }>;
type Files = Readonly<Record<string, string>>;

/** A configuration on the disk: prepared, changed, read again. */
class Place {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async with(files: Files): Promise<Place> {
    const place = new Place(await mkdtemp(join(tmpdir(), 'bosun-logs-')));
    await mkdir(join(place.root, 'services.d'));
    await place.write(files);
    return place;
  }

  async write(files: Files): Promise<void> {
    for (const [path, text] of Object.entries(files)) await writeFile(join(this.root, path), text);
  }

  async prepare(request: Partial<RunRequest> = {}): Promise<Prepared> {
    const prepared = await prepareRun({
      configDirectory: join(this.root, 'services.d'),
      socketPath: join(this.root, 'bosun.sock'),
      stateDir: undefined,
      logFormat: undefined,
      shutdownBudget: undefined,
      command: [],
      ...request,
    });
    assert.ok(prepared.kind === 'prepared', JSON.stringify(prepared));
    return prepared;
  }

  async readAgain({ settings }: Prepared): Promise<Extract<ConfigurationReading, { kind: 'read' }>> {
    const reading = await readConfiguration(settings, process.env);
    assert.ok(reading.kind === 'read', JSON.stringify(reading));
    return reading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true });
  }
}

const FILES: Files = {
  'services.d/web.yaml': 'command: [a]\nlogs: { file: true, forward: [central] }',
  'services.d/raw.yaml': 'command: [a]\nlogs: { format: raw }',
  'bosun.yaml': 'logs: { sinks: { central: { syslog: { unix: /dev/log } } } }',
};

function formats({ services }: FleetSpec): unknown {
  return Object.fromEntries(services.map(({ name, logs }) => [name, logs.format]));
}

function directories({ services }: FleetSpec): readonly (string | undefined)[] {
  return services.map(({ logs }) => logs.file?.directory).filter((path) => path !== undefined);
}

test('without a word of it, files and what waits for sinks are in the state directory, beside the socket', async () => {
  await using place = await Place.with(FILES);
  const { spec, logs } = await place.prepare();
  assert.deepEqual(logs, {
    format: 'json',
    enginePid: process.pid,
    spoolDir: join(place.root, 'bosun.state/spool'),
    sinks: [
      {
        name: 'central',
        target: { kind: 'syslog', transport: { kind: 'unix', path: '/dev/log' }, facility: 3 },
        queueBytes: 64 * 1024 * 1024,
      },
    ],
  });
  assert.deepEqual(directories(spec), [join(place.root, 'bosun.state/logs/web')]);
});

test('an option wins over bosun.yaml, but not over what a service says of itself', async () => {
  await using place = await Place.with({
    ...FILES,
    'bosun.yaml': `${FILES['bosun.yaml'] ?? ''}\nstate_dir: /x`,
  });
  const prepared = await place.prepare({ logFormat: 'prefix', stateDir: '/srv/state' });
  const { spec, logs, settings } = prepared;
  assert.deepEqual(formats(spec), { raw: 'raw', web: 'prefix' });
  assert.deepEqual(directories(spec), ['/srv/state/logs/web']);
  assert.deepEqual([logs.format, logs.spoolDir], ['prefix', '/srv/state/spool']);
  assert.deepEqual(
    [settings.logFormat, settings.stateDir, prepared.stateDir],
    ['prefix', '/srv/state', 'named'],
  );
});

test('the command after -- has the defaults of bosun.yaml and a directory of its own', async () => {
  await using place = await Place.with({
    ...FILES,
    'bosun.yaml': 'logs: { file: true, dir: /l, sinks: { central: { syslog: { unix: /d } } } }',
  });
  const { spec } = await place.prepare({ command: ['true'] });
  assert.deepEqual(directories(spec), ['/l/raw', '/l/web', '/l/main']);
});

test('read again, nothing differs', async () => {
  await using place = await Place.with(FILES);
  const prepared = await place.prepare({ logFormat: 'prefix', command: ['true'] });
  const { spec, fixed } = await place.readAgain(prepared);
  assert.deepEqual(planChanges(prepared.spec, spec), []);
  assert.deepEqual(fixed, prepared.settings.configuration.fixed);
});

test('format, directory and sinks of bosun.yaml hold until Bosun ends', async () => {
  await using place = await Place.with(FILES);
  const prepared = await place.prepare();
  await place.write({
    'bosun.yaml':
      'logs: { format: raw, dir: /elsewhere, sinks: { central: { syslog: { unix: /new } }, other: { syslog: { unix: /o } } } }',
    'services.d/web.yaml': 'command: [a]\nlogs: { file: true, forward: [central, other] }',
  });
  const { spec, fixed } = await place.readAgain(prepared);
  assert.deepEqual(planChanges(prepared.spec, spec), []);
  assert.deepEqual(
    ['logs.format', 'logs.dir', 'logs.sinks.central.syslog.unix', 'logs.sinks.other.syslog.unix'].map(
      (key) => fixed[key],
    ),
    ['raw', '/elsewhere', '/new', '/o'],
  );
});

test('what a service says, and the defaults for all, are used at once and restart nothing', async () => {
  await using place = await Place.with(FILES);
  const prepared = await place.prepare();
  await place.write({
    'bosun.yaml': FILES['bosun.yaml']?.replace('logs: {', 'logs: { file: { keep: 9 },') ?? '',
    'services.d/web.yaml': 'command: [a]\nlogs: { stdout: false, file: { format: json } }',
  });
  const { spec } = await place.readAgain(prepared);
  assert.deepEqual(
    planChanges(prepared.spec, spec).map(({ service, kind, parts }) => [service, kind, parts]),
    [
      ['raw', 'updated', ['logs']],
      ['web', 'updated', ['logs']],
    ],
  );
  assert.deepEqual(
    spec.services.map(({ logs }) => logs.file?.keep),
    [9, 9],
  );
});

test('a configuration that is refused has no places chosen, which could make a directory', async () => {
  await using place = await Place.with({ 'services.d/web.yaml': 'command: [a]\nimage: b' });
  let asked = 0;
  const result = await loadConfiguration({
    directory: join(place.root, 'services.d'),
    environment: {},
    logPlaces: () => {
      asked += 1;
      return Promise.resolve({ format: 'raw', directory: '/x', sinks: [] });
    },
  });
  assert.deepEqual([result.kind, asked], ['refused', 0]);
});
