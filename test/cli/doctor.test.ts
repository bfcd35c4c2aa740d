// `doctor`: each trouble is made for real and named with its remedy; what cannot be seen from here is said to be so.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { spawn, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { comesUp, failsWith, name, run, service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig, writeConfiguration } from '../plane/support/plane-rig.ts';
import { Container } from '../support/container.ts';
import { statusOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';
import type { Pid } from '../../supervisor/core/names.ts';
import { bosunctl, type Ran } from './support/bosunctl.ts';

type Finding = {
  readonly check: string;
  readonly verdict: string;
  readonly text: string;
  readonly remedy: string;
};
const IS_ROOT = process.getuid?.() === 0;

function findingsIn({ stdout }: { readonly stdout: string }): ReadonlyMap<string, Finding> {
  const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
  for (const { check, verdict, remedy } of findings)
    assert.equal(
      remedy !== '',
      verdict === 'failed' || verdict === 'warning',
      `${check} has a remedy when it needs one`,
    );
  return new Map(findings.map((finding) => [finding.check, finding]));
}

async function doctor(rig: PlaneRig, ...words: string[]): Promise<Ran> {
  return await bosunctl(['--socket', rig.socketPath, 'doctor', ...words]);
}

async function untilUp(bosun: Container): Promise<void> {
  await until('web to run', async () => (await statusOf(bosun, 'web'))?.state === 'running');
}

const WEB = { web: 'command: [sleep, "1000"]' };

test('a Bosun that is well: every check is there, none fails, 0', async () => {
  await using bosun = new Container({ place: 'below', services: WEB });
  await untilUp(bosun);
  chmodSync(bosun.directory, 0o755);
  const { code, stdout, stderr } = await bosun.ctl('doctor', '--json');
  assert.equal(code, 0, stdout + stderr);
  const findings = findingsIn({ stdout });
  for (const check of [
    'Bosun',
    'version',
    'phase',
    'services',
    'promises',
    'log lines',
    'configuration',
    'tools',
    'clock',
    'socket',
  ])
    assert.equal(findings.get(check)?.verdict, 'good', JSON.stringify(findings.get(check)));
  assert.match(findings.get('PID 1')?.text ?? '', /is not PID 1 but \d+/);
  for (const check of ['descriptors', 'processes', 'control groups', 'disk', '/run', 'stale files'])
    assert.ok(findings.has(check), check);
  const text = await bosun.ctl('doctor');
  assert.ok(
    text.stdout.split('\n').every((line) => line.length <= 80),
    text.stdout,
  );
  assert.match(text.stdout, /^ok +Bosun: answers at /m);
  assert.match(text.stdout, /^\d+ checks: 0 failed, \d+ to look at, 0 not checked\.$/m);
});

test('what is wrong with the services and the configuration fails, with whom to ask next', async () => {
  const degraded = comesUp('web', 1).map((event) =>
    event.type === 'spawned' ? { ...event, degraded: ['no memory limit'] } : event,
  );
  await using rig = await PlaneRig.start({
    services: [service('web'), service('flapping')],
    history: [
      ...degraded,
      {
        type: 'strays-found',
        service: name('web'),
        run: run(1),
        strays: [{ pid: 7 as Pid, name: 'worker' }],
      },
      ...comesUp('flapping', 2),
      ...failsWith('flapping', 2, 3, 100_000),
    ],
  });
  writeConfiguration(rig.directory, { web: 'command: [sleep, "2"]\n' });
  const ran = await doctor(rig, '--json');
  assert.equal(ran.code, 1);
  const findings = findingsIn(ran);
  const told = (check: string): string => findings.get(check)?.text ?? '';
  assert.equal(findings.get('services')?.verdict, 'failed');
  assert.match(told('services'), /^flapping \(backoff: exited with code 3/);
  assert.equal(findings.get('services')?.remedy, 'See `bosunctl why flapping`.');
  assert.match(told('promises'), /^web \(no memory limit\)$/);
  assert.match(told('left behind'), /worker \(pid 7\)/);
  assert.match(told('configuration'), /differ.*: .*web/);
  assert.match(told('version'), /Bosun is 0\.1\.0-test, bosunctl is 0\.1\.0$/);
  // The rig's Bosun says that it is pid 1 of a container that we are not in.
  assert.match(told('container'), /^not checked from here: /);
  writeConfiguration(rig.directory, { web: 'nonsense: 1\n' });
  assert.equal(findingsIn(await doctor(rig, '--json')).get('configuration')?.verdict, 'failed');
});

describe('the socket and what is around it', () => {
  test('a socket open to all is explained, since Bosun asks who connects; a directory that everybody may write to fails', async () => {
    await using rig = await PlaneRig.start({ services: [service('web')] });
    chmodSync(rig.socketPath, 0o666);
    const open = await doctor(rig, '--json');
    assert.equal(findingsIn(open).get('socket')?.verdict, 'good');
    assert.match(
      findingsIn(open).get('socket')?.text ?? '',
      /mode 0666.*: everybody may connect, and `access:`/,
    );
    chmodSync(rig.socketPath, 0o660);
    chmodSync(join(rig.socketPath, '..'), 0o777);
    assert.match(findingsIn(await doctor(rig, '--json')).get('socket')?.text ?? '', /everybody may write to/);
  });

  test('a socket on which nobody listens is named, one that is answered is not', async () => {
    await using rig = await PlaneRig.start({ services: [service('web')] });
    const runtime = join(rig.directory, 'runtime');
    const usual = join(runtime, 'bosun/bosun.sock');
    mkdirSync(join(runtime, 'bosun'), { recursive: true });
    const look = async (): Promise<string> => {
      const environment = { BOSUN_SOCKET: rig.socketPath, XDG_RUNTIME_DIR: runtime };
      return findingsIn(await bosunctl(['doctor', '--json'], environment)).get('stale files')?.text ?? '';
    };
    const server = createServer().listen(usual);
    await once(server, 'listening');
    assert.ok(!(await look()).includes(usual));
    server.close();
    // node removes its socket; somebody who was killed does not.
    const killed = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(usual)})`,
    ]);
    await until('the socket', () => existsSync(usual));
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    assert.ok((await look()).includes(usual));
  });

  test('no Bosun at all: that fails, and what can be looked at is looked at', async () => {
    const ran = await bosunctl(['--socket', '/nowhere/bosun.sock', 'doctor', '--json']);
    assert.equal(ran.code, 1);
    const findings = findingsIn(ran);
    assert.match(findings.get('Bosun')?.text ?? '', /cannot reach Bosun at \/nowhere\/bosun\.sock: ENOENT/);
    assert.ok(findings.has('tools') && findings.has('/run'));
  });
});

describe('the container', { skip: IS_ROOT ? false : 'needs root' }, () => {
  const CTL = resolve(import.meta.dirname, '../../bin/bosunctl');
  /** Doctor as a service of the Bosun that is looked at; the finding that it writes. */
  const inside = (before: string): string =>
    `type: oneshot
command: [sh, -c, '${before} ${CTL} --socket "$$TEST_DIR/bosun.sock" doctor --json > "$$TEST_DIR/found.new"; mv "$$TEST_DIR/found.new" "$$TEST_DIR/found"']
depends_on: [web]
success_exit_codes: [0, 1]`;

  test('from inside: it is PID 1, and what nobody reaps is named with its parent', async () => {
    await using bosun = new Container({
      services: {
        ...WEB,
        // The shell becomes a program that waits for nobody, with a child that has ended.
        lazy: `command: [sh, -c, 'sleep 0.01 & exec sleep 1000']\ndepends_on: [web]`,
        look: inside(
          'until [ -S "$$TEST_DIR/bosun.sock" ]; do sleep 0.02; done; until grep -qs "^State:.Z" /proc/[0-9]*/status; do :; done;',
        ).replace('[web]', '[web, lazy]'),
      },
    });
    const found = await until('what doctor found', () => bosun.read('found'));
    const findings = findingsIn({ stdout: found });
    assert.equal(findings.get('PID 1')?.verdict, 'good');
    assert.match(
      findings.get('zombies')?.text ?? '',
      /^1: sleep \(pid \d+\); their parent sleep \(pid \d+\) lives/,
    );
    assert.equal(findings.get('zombies')?.verdict, 'warning');
  });

  test('few descriptors are a warning', async () => {
    await using bosun = new Container({
      place: 'below',
      services: WEB,
      through: ['prlimit', '--nofile=300:300'],
    });
    await untilUp(bosun);
    const findings = findingsIn(await bosun.ctl('doctor', '--json'));
    assert.equal(findings.get('descriptors')?.verdict, 'warning');
    assert.match(findings.get('descriptors')?.text ?? '', /may open only 300, \d+ of them in use/);
  });

  test('from outside of the container nothing of it is looked at', async () => {
    await using bosun = new Container({ services: WEB });
    await untilUp(bosun);
    const findings = findingsIn(await bosun.ctl('doctor', '--json'));
    assert.equal(findings.get('container')?.verdict, 'unknown');
    assert.ok(!findings.has('zombies') && !findings.has('disk'));
  });

  test('a disk without room fails, one with little of it warns', () => {
    const directory = mkdtempSync(join(tmpdir(), 'bosun-disk-'));
    try {
      const file = new URL('../../supervisor/cli/doctor-files.ts', import.meta.url).href;
      const look = `import(${JSON.stringify(file)}).then(async (checks) => {
        process.stdout.write(JSON.stringify(await checks.examineDisk(${JSON.stringify(directory)})) + '\\n');
      })`;
      const script = `mount -t tmpfs -o size=64k tmpfs ${directory}; "$@"; head -c 64k /dev/zero > ${directory}/x; "$@"`;
      const [program, ...argv] = [
        'unshare',
        '--mount',
        'sh',
        '-c',
        script,
        'sh',
        process.execPath,
        '-e',
        look,
      ];
      const { stdout, stderr } = spawnSync(program, argv, { encoding: 'utf8', timeout: 20_000 });
      const [little, none] = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Finding);
      assert.deepEqual([little?.verdict, none?.verdict], ['warning', 'failed'], stderr);
      assert.match(none?.text ?? '', /^0 MiB free/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
