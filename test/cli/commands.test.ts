import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeSync } from 'node:fs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { CommandError } from '../../supervisor/core/command-error.ts';
import { eventsView } from '../../supervisor/wire/event-view.ts';
import { commandView, healthView } from '../../supervisor/wire/fleet-view.ts';
import { servicesView, serviceView } from '../../supervisor/wire/service-view.ts';
import { comesUp, failsWith, name, service } from '../plane/support/fleet-fixture.ts';
import { needs } from '../support/specs.ts';
import { PlaneRig } from '../plane/support/plane-rig.ts';
import { bosunctl, FollowingCtl, type Ran } from './support/bosunctl.ts';

let rig: PlaneRig;

const REFUSALS: Readonly<Record<string, CommandError['code']>> = {
  ghost: 'service-not-found',
  nomad: 'service-skipped',
  caddy: 'service-not-running',
};

before(async () => {
  rig = await PlaneRig.start({
    services: [
      service('consul'),
      service('a-service-with-a-long-name', { dependsOn: [needs('consul')] }),
      service('caddy', { dependsOn: [needs('flapping'), needs('consul')] }),
      service('flapping'),
      service('nomad', { eligibility: { kind: 'skipped', reason: 'no nomad in PATH' } }),
    ],
    pipes: 1,
    history: [
      ...comesUp('consul', 1),
      ...comesUp('flapping', 2),
      ...failsWith('flapping', 2, 3, 100_000),
      { type: 'waiting', service: name('caddy') },
      { type: 'skipped', service: name('nomad'), reason: 'no nomad in PATH' },
    ],
    engine: (command) => {
      if (!('services' in command)) return { kind: 'accepted', services: [] };
      const [target = name('')] = command.services;
      const code = command.verb === 'start' && target === 'caddy' ? undefined : REFUSALS[target];
      if (code === undefined) return { kind: 'accepted', services: [...command.services, name('consul')] };
      return { kind: 'refused', error: { code, service: target, message: `${target}: ${code}` } };
    },
  });
  rig.lend(0, 'consul');
  const [pipe = -1] = rig.writeEnds;
  writeSync(pipe, 'one\ntwo\n');
  await rig.outputWith('two');
});
after(async () => {
  await rig[Symbol.asyncDispose]();
});

async function ctl(...words: string[]): Promise<Ran> {
  return await bosunctl(words, { BOSUN_SOCKET: rig.socketPath });
}

test('status fits 80 columns and says why', async () => {
  const { code, stdout } = await ctl('status');
  assert.equal(code, 0);
  assert.ok(
    stdout.split('\n').every((line) => line.length <= 80),
    stdout,
  );
  assert.match(stdout, /^NAME +STATE +PID +SINCE +RESTARTS +NOTE$/m);
  assert.match(stdout, /^consul +running +1001 +\d+ (ms|s) +0$/m);
  assert.match(
    stdout.replaceAll(/\n +/g, ' '),
    /^flapping +backoff +- +.* 1 +exited with code 3, next try in \d+ s$/m,
  );
  assert.match(stdout.replaceAll(/\n +/g, ' '), /^caddy +waiting .*waiting for flapping \(backoff\)$/m);
  assert.match(stdout.replaceAll(/\n +/g, ' '), /^nomad +skipped .*skipped: no nomad in PATH$/m);
  assert.doesNotMatch(stdout, /\u001b/);
});

test('--json answers with what the API says', async () => {
  servicesView.parse(JSON.parse((await ctl('status', '--json')).stdout));
  serviceView.parse(JSON.parse((await ctl('status', 'consul', '--json')).stdout));
  eventsView.parse(JSON.parse((await ctl('--json', 'events')).stdout));
  healthView.parse(JSON.parse((await ctl('health', '--json')).stdout));
  commandView.parse(JSON.parse((await ctl('start', 'consul', '--json')).stdout));
  assert.deepEqual(JSON.parse((await ctl('graph', '--json')).stdout), [
    { from: 'a-service-with-a-long-name', to: 'consul', condition: 'service_healthy', required: true },
    { from: 'caddy', to: 'flapping', condition: 'service_healthy', required: true },
    { from: 'caddy', to: 'consul', condition: 'service_healthy', required: true },
  ]);
});

test('start waits for the outcome and names what else it reached', async () => {
  const { code, stdout } = await ctl('start', 'consul');
  assert.equal(code, 0);
  assert.equal(stdout, 'consul is ready after 83 ms (pid 1001)\n');
  assert.equal(
    (await ctl('start', 'caddy', '--no-wait')).stdout.split('\n')[1],
    'also reached, because of dependencies: consul',
  );
});

test('a start that does not get there in time says what is missing', async () => {
  const { code, stderr } = await ctl('start', 'caddy', '--timeout', '50ms');
  assert.equal(code, 1);
  assert.match(
    stderr.replaceAll(/\n +/g, ' '),
    /still waiting for caddy \(waiting, waiting for flapping \(backoff\)\)/,
  );
  assert.match(stderr, /--timeout/);
});

test('why explains in sentences', async () => {
  const { stdout } = await ctl('why', 'caddy');
  assert.match(
    stdout.replaceAll('\n', ' '),
    /caddy is waiting since .*It needs flapping \(service_healthy\), which is backoff \(exited with code 3, next try in \d+ s\)\./,
  );
  assert.match(
    (await ctl('why', 'flapping')).stdout,
    /is backing off .* exited with code 3[\s\S]*Restarts so far: 1\./,
  );
});

test('wait returns when it is so, or says how it is when time is up', async () => {
  assert.equal((await ctl('wait', 'consul', '--for', 'healthy')).code, 0);
  const over = await ctl('wait', 'consul', '--for', 'stopped', '--timeout', '100ms');
  assert.equal(over.code, 1);
  assert.match(over.stderr, /consul is not stopped after 100 ms: running/);
});

const EXITS: readonly (readonly [number, readonly string[], RegExp])[] = [
  [1, ['start', 'flapping', '--timeout', '1s'], /did not become ready/],
  [1, ['start', 'nomad'], /service-skipped/],
  [1, ['health'], /^$/],
  [2, ['nonsense'], /unknown command/],
  [2, ['start'], /missing required argument/],
  [2, ['start', 'consul', '--timeout', 'soon'], /--timeout takes a duration/],
  [2, ['logs', 'consul', '-n', 'many'], /whole number/],
  [2, ['graph', '--format', 'png'], /tree, dot, mermaid or svg/],
  [2, ['signal', 'NONSENSE', 'consul'], /is not a signal/],
  [2, ['status', '--nonsense'], /unknown option/],
  [2, ['status', 'one', 'two'], /too many arguments/],
  [3, ['signal', 'HUP', 'caddy'], /service-not-running/],
  [4, ['stop', 'ghost'], /no service "ghost".*consul/],
  [4, ['status', 'ghost'], /no service "ghost"/],
  [4, ['logs', 'ghost'], /no service "ghost"/],
  [4, ['why', 'ghost'], /no service "ghost"/],
  [
    6,
    ['--socket', '/nowhere/bosun.sock', 'status'],
    /cannot reach Bosun at \/nowhere\/bosun.sock: ENOENT\n {2}.*--socket/,
  ],
  [1, ['--socket', '/nowhere/bosun.sock', 'health'], /cannot reach Bosun/],
];

for (const [exitCode, words, message] of EXITS) {
  test(`bosunctl ${words.join(' ')} ends with ${exitCode}`, async () => {
    const { code, stderr } = await ctl(...words);
    assert.match(stderr, message);
    assert.equal(code, exitCode);
  });
}

test('with --json a failure is JSON too', async () => {
  const { code, stderr } = await ctl('stop', 'ghost', '--json');
  assert.equal(code, 4);
  assert.equal((JSON.parse(stderr) as { error: { code: string } }).error.code, 'service-not-found');
});

test(
  'another user is told that it may not, with 5',
  process.getuid?.() === 0 ? {} : { skip: 'only root can ask as another user' },
  async () => {
    const script = ['supervisor/ctl.ts', '--socket', rig.socketPath, 'status'];
    const failed: unknown = await promisify(execFile)(process.execPath, script, {
      uid: 65_534,
      gid: 65_534,
    }).catch((error: unknown) => error);
    const { code, stderr } = failed as { code: number; stderr: string };
    assert.match(stderr, /may not be opened\n {2}Ask as root/);
    assert.equal(code, 5);
  },
);

test('logs shows the newest lines, and with -f those that come', async () => {
  assert.equal((await ctl('logs', 'consul', '-n', '1')).stdout, 'two\n');
  await using following = new FollowingCtl(['--socket', rig.socketPath, 'logs', 'consul', '-f', '-n', '1']);
  await following.outputWith('two\n');
  writeSync(rig.writeEnds[0] ?? -1, 'three\n');
  assert.equal(await following.outputWith('three\n'), 'two\nthree\n');
});

test('events -f shows what happens, and ends with Bosun', async () => {
  const after = String(rig.recorder.lastId);
  await using following = new FollowingCtl(['--socket', rig.socketPath, 'events', '-f', '--after', after]);
  rig.emit(
    [{ type: 'signalled', service: name('consul'), run: 1 as never, signal: 'SIGHUP' }],
    'id',
    'uid:0',
  );
  assert.match(await following.outputWith('SIGHUP'), /consul signalled run=1 signal=SIGHUP by uid:0$/m);
});

test('check needs no Bosun: every error with its place, exit code 1', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bosun-check-'));
  try {
    writeFileSync(join(directory, 'good.yaml'), 'command: [/bin/true]\n');
    assert.equal((await bosunctl(['check', directory])).code, 0);
    writeFileSync(join(directory, 'bad.yaml'), 'command: [/bin/true]\nnonsense: 1\n');
    const { code, stderr } = await bosunctl(['check', directory]);
    assert.equal(code, 1);
    assert.match(stderr, /bad\.yaml:2:1/);
    const { stdout } = await bosunctl(['check', directory, '--json']);
    assert.equal((JSON.parse(stdout) as { valid: boolean }).valid, false);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('help has a line for each command and an example in each', async () => {
  const { code, stdout } = await ctl('--help');
  assert.equal(code, 0);
  assert.match(stdout, /Exit codes: 0 done/);
  assert.match((await ctl('help', 'logs')).stdout, /Example:\n {2}bosunctl logs caddy -f -n 20/);
  // The options of every command are shown once, in the help of the whole.
  assert.match(stdout, /--socket <path>/);
  assert.match((await ctl('logs', '--help')).stdout, /such as --socket and --json: `bosunctl help`/);
});
