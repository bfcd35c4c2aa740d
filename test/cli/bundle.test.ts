// `bundle`: the archive of a real Bosun, opened by tar(1); everything is in it, and no secret is, whatever form it had in the configuration.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Container } from '../support/container.ts';
import { reaches } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';
import { service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig } from '../plane/support/plane-rig.ts';
import { bosunctl } from './support/bosunctl.ts';

const SECRETS = [
  'correct-horse-battery',
  'in-a-url-pass',
  'of-an-argument',
  'of-an-assignment',
  'inline-bearer',
  'from-the-list',
  'several words of it',
  'second-line-of-a-key',
  'outside-of-it-all',
];

const APP = `
command: [sh, -c, 'echo "it is $$DB_PASSWORD and $$URL"; exec sleep 1000', x, --api-key, of-an-argument, --auth-token=of-an-assignment]
environment:
  DB_PASSWORD: correct-horse-battery
  URL: 'postgres://app:in-a-url-pass@db/x'
  PIN_TOKEN: '12'
  PASSPHRASE: "several words of it"
  PRIVATE_KEY: |
    first line
    second-line-of-a-key
liveness: { http: { url: 'http://127.0.0.1:1/', headers: { Authorization: Bearer inline-bearer } }, failure_threshold: 1000 }
`;
const LISTED = `
command: sleep 1000
environment: [MY_SECRET=from-the-list]
`;

function filesIn(directory: string): ReadonlyMap<string, string> {
  const paths = globSync('**/*', { cwd: directory }).filter((path) =>
    statSync(join(directory, path)).isFile(),
  );
  return new Map(paths.map((path) => [path, readFileSync(join(directory, path), 'utf8')]));
}

function unpack(archive: string, into: string): ReadonlyMap<string, string> {
  mkdirSync(into);
  execFileSync('tar', ['-xzf', archive, '-C', into]);
  return filesIn(into);
}

test('all of it, for its owner alone, and no secret', async () => {
  await using container = new Container({
    place: 'below',
    services: { app: APP, listed: LISTED },
    fleet: 'shutdown: { budget: 3s }\n',
  });
  await reaches(container, 'app', 'running');
  await until('its line', async () =>
    (await container.ctl('logs', 'app', '-n', '5')).stdout.includes('it is'),
  );
  const archive = join(container.directory, 'x.tar.gz');
  const { code, stdout, stderr } = await bosunctl(['--socket', container.socket, 'bundle', archive], {
    SOME_TOKEN: 'outside-of-it-all',
  });
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `${archive}\n`);
  assert.equal(statSync(archive).mode & 0o777, 0o600);
  const files = unpack(archive, join(container.directory, 'unpacked'));
  for (const name of [
    'README.txt',
    'version.json',
    'services.json',
    'health.json',
    'events.ndjson',
    'plan.json',
    'jobs.json',
    'log-sinks.json',
    'logs/app.ndjson',
    'configuration/bosun.yaml',
    'configuration/services.d/app.yaml',
    'configuration/services.d/listed.yaml',
    'bosun/limits',
    'bosun/processes.json',
    'processes/app.json',
    'system/proc/meminfo',
  ])
    assert.ok((files.get(`bosun/${name}`) ?? '') !== '', name);
  for (const [name, text] of files)
    for (const secret of SECRETS) assert.ok(!text.includes(secret), `${secret} in ${name}:\n${text}`);
  assert.match(files.get('bosun/configuration/services.d/app.yaml') ?? '', /PIN_TOKEN: \*\*\*/);
  assert.match(files.get('bosun/configuration/services.d/app.yaml') ?? '', /failure_threshold: 1000/);
  assert.match(files.get('bosun/events.ndjson') ?? '', /"type":"booted"/);
  assert.match(files.get('bosun/README.txt') ?? '', /services\.json/);
});

test('a configuration that is broken, and files that are away, are no reason to have none', async () => {
  await using container = new Container({ place: 'below', services: { app: LISTED } });
  await reaches(container, 'app', 'running');
  const broken = 'command: [sleep\n MY_PASSWORD: "correct-horse-battery"\n';
  execFileSync('tee', [join(container.directory, 'services.d', 'app.yaml')], {
    input: broken,
    stdio: 'pipe',
  });
  const archive = join(container.directory, 'x.tar.gz');
  const { code, stdout } = await container.ctl('bundle', archive, '--json');
  assert.equal(code, 0);
  const { missing } = JSON.parse(stdout) as { missing: readonly { name: string; reason: string }[] };
  assert.equal(missing.find(({ name }) => name === 'configuration/bosun.yaml')?.reason, 'ENOENT');
  assert.ok(missing.some(({ name }) => name === 'plan.json'));
  const files = unpack(archive, join(container.directory, 'unpacked'));
  assert.match(files.get('bosun/configuration/services.d/app.yaml') ?? '', /MY_PASSWORD: \*\*\*/);
  assert.match(files.get('bosun/README.txt') ?? '', /missing {2}configuration\/bosun\.yaml: ENOENT/);
});

test('from elsewhere without what is in the container; a place where it cannot be written is said', async () => {
  await using rig = await PlaneRig.start({ services: [service('app')] });
  const archive = join(rig.directory, 'x.tar.gz');
  assert.equal((await bosunctl(['--socket', rig.socketPath, 'bundle', archive])).code, 0);
  const files = unpack(archive, join(rig.directory, 'unpacked'));
  assert.match(files.get('bosun/README.txt') ?? '', /bosunctl ran outside of the container/);
  assert.ok(![...files.keys()].some((name) => name.startsWith('bosun/configuration')));
  const nowhere = await bosunctl(['--socket', rig.socketPath, 'bundle', join(rig.directory, 'no', 'where')]);
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /cannot write .*ENOENT/);
});
