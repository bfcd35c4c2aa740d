// The bundle of `npm run build`, as an image has it: it needs nothing of the tree, starts out of compiled code whoever runs it, can be
// upgraded to another bundle, and stays as small as it is.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { spawnSync } from 'node:child_process';
import { Container } from '../support/container.ts';
import { reaches } from '../support/ctl-events.ts';
import { shell } from '../support/inside.ts';
import { VERSION } from '../../supervisor/wire/version.ts';
import { BuiltBosun } from './built.ts';

const built = new BuiltBosun();
after(() => {
  built[Symbol.dispose]();
});

const BUNDLES = ['bosun', 'worker', 'log-worker', 'bosunctl'];
const MB = 2 ** 20;
/** A package more, or one that was imported whole, is some hundred KB. */
const MOST_BYTES: Readonly<Record<string, number>> = {
  bosun: 1.4 * MB,
  worker: 2.2 * MB,
  'log-worker': 0.25 * MB,
  bosunctl: 1.2 * MB,
};
const FLAGS = ['--disable-warning=ExperimentalWarning', '--no-memory-reducer', '--max-semi-space-size=1'];
const SLEEPER = 'command: [sleep, "100000"]\n';

test('the bundles are no larger than they have to be', () => {
  for (const name of BUNDLES) {
    const { size } = statSync(join(built.directory, 'lib', `${name}.bundle.js`));
    const most = MOST_BYTES[name] ?? 0;
    assert.ok(size < most, `${name}: ${size} bytes, and ${most} are the most`);
  }
});

test('nothing is loaded by a path, and what Bosun does not use of its packages is not in it', () => {
  for (const name of BUNDLES) {
    const text = built.read(`${name}.bundle.js`);
    assert.doesNotMatch(text, /createRequire|\brequire\(["'][./]/);
    assert.doesNotMatch(text, /["'](node:)?http2["']/, 'HTTP/2, which Bosun does not speak');
    if (name !== 'log-worker')
      assert.match(text, /globalConfig\.jitless ?= ?(!0|true)/, 'zod compiles its schemas');
    assert.doesNotMatch(text, /Entrada inv/, 'the messages of zod in other languages');
  }
});

test('V8 takes the compiled code as it is', () => {
  for (const name of ['bosun', 'worker']) assert.equal(cacheOf(name, FLAGS), 'taken', name);
  assert.equal(cacheOf('bosunctl', FLAGS.slice(0, 1)), 'taken', 'bosunctl');
});

/** Whether a Node with these flags refuses it: then each start compiles all of it. */
function cacheOf(name: string, flags: readonly string[]): string {
  const file = JSON.stringify(join(built.directory, 'lib', `${name}.bundle.js`));
  const program = `
    const { readFileSync: read } = require('node:fs');
    const script = new (require('node:vm').Script)(read(${file}, 'latin1'), { cachedData: read(${file} + '.cache') });
    console.log(script.cachedDataRejected ? 'refused' : 'taken');`;
  return spawnSync(process.execPath, [...flags, '-e', program], { encoding: 'utf8' }).stdout.trim();
}

test('a boot reads each file of the program once, and none of the tree', async () => {
  await using container = new Container({
    place: 'below',
    services: { sleeper: SLEEPER },
    through: ['strace', '-f', '-qq', '-e', 'trace=openat', '-e', 'signal=none'],
    program: built.program,
  });
  await reaches(container, 'sleeper', 'running');
  await container.ctl('shutdown');
  await container.end();
  const opened = container.stderr.lines.flatMap(
    (line) => /openat\([^"]*"([^"]+)".* = \d+$/.exec(line)?.[1] ?? [],
  );
  const own = opened.filter((path) => path.startsWith(join(built.directory, 'lib')));
  assert.ok(
    own.some((path) => path.endsWith('bosun.bundle.js.cache')),
    `it read ${own.join(' ')}`,
  );
  assert.equal(own.length, new Set(own).size, 'a file was read twice');
  assert.deepEqual(
    opened.filter((path) => path.includes('node_modules') && !path.includes('/bin/node')),
    [],
  );
});

test('as any user, from a directory that cannot be written', async () => {
  await using container = new Container({
    services: {
      hello: `command: ${shell('echo "home $WHERE"; exec sleep 100000')}\nenvironment: { WHERE: '\${BOSUN_HOME}' }\n`,
    },
    program: built.program,
    through: ['setpriv', '--reuid=12345', '--regid=12345', '--clear-groups', '--no-new-privs'],
  });
  await reaches(container, 'hello', 'running');
  await container.stdout.line((line) => line.includes(`home ${built.directory}`));
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
});

test('a plain init without services', async () => {
  await using container = new Container({ program: built.program, command: ['sh', '-c', 'exit 7'] });
  assert.equal((await container.end()).code, 7);
});

const LATER = '99.0.0';

test('bosunctl upgrade, from bundle to bundle', async () => {
  using old = new BuiltBosun(built);
  await using container = new Container({ services: { sleeper: SLEEPER }, program: old.program });
  await reaches(container, 'sleeper', 'running');
  const before = (await container.ctl('status', 'sleeper', '--json')).stdout;
  becomeVersion(old, LATER);
  const { code, stdout, stderr } = await container.ctl('upgrade');
  assert.equal(code, 0, stderr);
  assert.match(stdout, new RegExp(`upgraded from ${VERSION} to ${LATER}`));
  await reaches(container, 'sleeper', 'running');
  const { stdout: status } = await container.ctl('status', 'sleeper', '--json');
  assert.equal(pidIn(status), pidIn(before));
  // And the threads of the new one are there: what a service says goes through one, and this answer through the other.
  assert.match((await container.ctl('version')).stdout, new RegExp(LATER));
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
});

for (const name of ['worker.bundle.js', 'log-worker.bundle.js', 'bosun.bundle.js.cache'])
  test(`bosunctl upgrade is refused where ${name} is of another build`, async () => {
    using old = new BuiltBosun(built);
    await using container = new Container({ services: { sleeper: SLEEPER }, program: old.program });
    await reaches(container, 'sleeper', 'running');
    old.write(name, `${old.read(name)}\n`);
    const { code, stderr } = await container.ctl('upgrade');
    assert.equal(code, 1);
    assert.ok(stderr.includes(name), stderr);
    await reaches(container, 'sleeper', 'running');
  });

/** As a build of another version would be. */
function becomeVersion(bosun: BuiltBosun, version: string): void {
  for (const name of ['bosun', 'bosunctl']) {
    const text = bosun.read(`${name}.bundle.js`);
    const changed = text.replaceAll(`"${VERSION}"`, `"${version}"`);
    assert.notEqual(changed, text, `${name} does not know its version`);
    bosun.write(`${name}.bundle.js`, changed);
  }
  const lib = join(bosun.directory, 'lib');
  const names = readdirSync(lib).filter((name) => /\.(js|cjs|cache)$/.test(name));
  const sums = names.map((name) => [
    name,
    createHash('sha256')
      .update(readFileSync(join(lib, name)))
      .digest('hex'),
  ]);
  bosun.write('files.json', JSON.stringify(Object.fromEntries(sums)));
}

function pidIn(json: string): string {
  const [, pid] = /"pid": ?(\d+)/.exec(json) ?? [];
  if (pid === undefined) throw new Error(`no pid in ${json}`);
  return pid;
}
