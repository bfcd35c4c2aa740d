// `trace`: real processes of a real service, each in a system call that is known, with files that are known.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { describeBlocked } from '../../supervisor/cli/blocked-on.ts';
import { parseStat } from '../../supervisor/cli/proc-stat.ts';
import { service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig } from '../plane/support/plane-rig.ts';
import { Container } from '../support/container.ts';
import { reaches } from '../support/ctl-events.ts';
import { until, within } from '../support/deadline.ts';
import { shell } from '../support/inside.ts';
import { bosunctl, FollowingCtl } from './support/bosunctl.ts';

type Traced = {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly doing: string;
  readonly cpu_seconds: number;
  readonly resident_bytes: number;
  readonly open: readonly { readonly fd: number; readonly what: string }[];
  readonly limits: readonly { readonly name: string; readonly soft: string }[];
};

const SERVER = `
  const net = require('node:net');
  const four = net.createServer().listen(0, '127.0.0.1', () => {
    const six = net.createServer().listen(0, '::1', () => {
      net.createServer().listen(process.env.TEST_DIR + '/its.sock', () => {
        net.connect(four.address().port, '127.0.0.1', () => console.log('ports', four.address().port, six.address().port));
      });
    });
  });
`;

async function trace(container: Container, ...words: string[]): Promise<readonly Traced[]> {
  const { code, stdout, stderr } = await container.ctl('trace', 'app', '--json', ...words);
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout) as { processes: readonly Traced[] }).processes;
}

/** Once each of them is where it will stay. */
async function settled(
  container: Container,
  doing: Readonly<Record<string, RegExp>>,
): Promise<readonly Traced[]> {
  let seen: readonly Traced[] = [];
  return until('all to wait', async () => {
    seen = await trace(container);
    const isThere = ([command, expected]: readonly [string, RegExp]): boolean =>
      seen.some((each) => each.command.includes(command) && expected.test(each.doing));
    return Object.entries(doing).every(isThere) && seen;
  }).catch((error: unknown) => {
    throw new Error(JSON.stringify(seen, undefined, 1), { cause: error });
  });
}

test('the tree, what each does, and what it has open', async () => {
  const fifo = 'mkfifo $TEST_DIR/pipe; cat $TEST_DIR/pipe $TEST_DIR/pipe & exec 9<>$TEST_DIR/pipe;';
  const command = shell(
    `${fifo} setsid sleep 1234 & flock $TEST_DIR/lock flock $TEST_DIR/lock true & wait; :`,
  );
  await using container = new Container({
    place: 'below',
    services: { app: `command: ${command}\nlimits: { nofile: 777 }\n` },
  });
  await reaches(container, 'app', 'running');
  const processes = await settled(container, {
    sleep: /^waiting for time to pass \(clock_nanosleep\)$/,
    cat: /^waiting, in read of .*\/pipe \(fd 3\)$/,
    'lock true': /^waiting, in flock of .*\/lock \(fd \d\)$/,
  });
  using left = new DisposableStack();
  // In a session of its own, so that the end of the service does not reach it.
  for (const { pid, command: line } of processes)
    if (line === 'sleep 1234') left.defer(() => process.kill(pid, 'SIGKILL'));
  const [leader] = processes;
  assert.ok(leader !== undefined && leader.command.startsWith('sh -c'), 'the leader first');
  const sleeper = processes.find((each) => each.command === 'sleep 1234');
  assert.equal(sleeper?.parent, leader.pid, 'in a session of its own, but below it');
  for (const { resident_bytes: resident, limits } of processes) {
    assert.ok(resident > 100_000);
    assert.equal(limits.find(({ name }) => name === 'open files')?.soft, '777');
  }
  const { stdout } = await container.ctl('trace', 'app');
  assert.match(stdout, new RegExp(`^${leader.pid} sh -c `, 'm'));
  assert.match(stdout, new RegExp(`^ +${sleeper.pid} sleep 1234$`, 'm'));
  assert.match(stdout, /\d+ of 777 open files/);
  assert.ok(
    stdout.split('\n').every((line) => line.length <= 80),
    stdout,
  );
});

test('sockets by their addresses; more files on demand; secrets are masked', async () => {
  await using container = new Container({
    place: 'below',
    services: {
      app: `command: [${process.execPath}, -e, ${JSON.stringify(SERVER)}, '--', '--password', 'hunter22']\n`,
    },
  });
  const line = await container.stdout.line(/ports \d+ \d+/);
  const [, four = '', six = ''] = /ports (\d+) (\d+)/.exec(line) ?? [];
  const [process0] = await trace(container);
  const whats = process0?.open.map(({ what }) => what) ?? [];
  for (const expected of [
    new RegExp(`^tcp 127\\.0\\.0\\.1:${four} listening$`),
    new RegExp(`^tcp \\[::1\\]:${six} listening$`),
    new RegExp(`^tcp 127\\.0\\.0\\.1:${four} to 127\\.0\\.0\\.1:\\d+ established$`),
    new RegExp(`^tcp 127\\.0\\.0\\.1:\\d+ to 127\\.0\\.0\\.1:${four} established$`),
    /^unix .*\/its\.sock$/,
    /^pipe \d+$/,
    /^eventpoll$/,
  ])
    assert.ok(
      whats.some((what) => expected.test(what)),
      `${String(expected)} in ${whats.join('\n')}`,
    );
  const some = (await container.ctl('trace', 'app')).stdout;
  const all = (await container.ctl('trace', 'app', '--all-files')).stdout;
  assert.match(some, /\.\.\. {2}and \d+ more: --all-files/);
  assert.doesNotMatch(all, /--all-files/);
  assert.match(all, /its\.sock/);
  assert.doesNotMatch(JSON.stringify(process0) + some + all, /hunter22/);
});

test('without a process 3, and what to look at; from elsewhere it says where to run it', async () => {
  await using container = new Container({
    place: 'below',
    services: { app: 'command: [sh, -c, "exit 1"]\nrestart: { policy: never }\n' },
  });
  await reaches(container, 'app', 'failed');
  const { code, stdout } = await container.ctl('trace', 'app');
  assert.equal(code, 3);
  assert.equal(stdout, 'app is failed: it has no process. See `bosunctl why app`.\n');
  // A control plane whose engine is not to be seen here.
  await using rig = await PlaneRig.start({ services: [service('app')] });
  const elsewhere = await bosunctl(['--socket', rig.socketPath, 'trace', 'app']);
  assert.equal(elsewhere.code, 2);
  assert.match(elsewhere.stderr, /run it in the container of this Bosun/);
});

test('strace where it is, and where it is not', async (t) => {
  await using container = new Container({ place: 'below', services: { app: 'command: [sleep, "1000"]\n' } });
  await reaches(container, 'app', 'running');
  const nowhere = await bosunctl(['--socket', container.socket, 'trace', 'app', '--strace'], {
    PATH: '/nowhere',
  });
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /strace is not installed here\n {2}Install it/);
  if (spawnSync('strace', ['-V']).status !== 0) {
    t.diagnostic('strace is not on this machine');
    return;
  }
  await using following = new FollowingCtl(['--socket', container.socket, 'trace', 'app', '--strace']);
  await following.outputWith('attached');
  following.interrupt();
  assert.equal(await within('the end of strace', following.exited), 0);
  await reaches(container, 'app', 'running');
});

test('a name may hold anything', () => {
  const fields = ['S', ...Array.from({ length: 49 }, (_, index) => index + 4)].join(' ');
  const stat = parseStat(`12 (a) b (c) ${fields}`);
  assert.deepEqual(stat, {
    pid: 12,
    name: 'a) b (c',
    state: 'S',
    parent: 4,
    session: 6,
    cpuSeconds: 0.29,
    threads: 20,
    startedAtSeconds: 0.22,
    residentBytes: 24 * 4096,
  });
  assert.equal(parseStat(''), undefined);
});

test('what a process does, by state, call and machine', () => {
  const files = (fd: string): string | undefined => (fd === '3' ? 'pipe 9' : undefined);
  const cases = [
    ['R', 'running', 'x64', 'running'],
    ['Z', '', 'x64', 'a zombie: its parent has not asked how it ended'],
    ['T', '0 0x3 0x0', 'x64', 'stopped by a signal; SIGCONT lets it go on'],
    ['S', '0 0x3 0x7f 0x1', 'x64', 'waiting, in read of pipe 9 (fd 3)'],
    ['S', '63 0x3 0x7f 0x1', 'arm64', 'waiting, in read of pipe 9 (fd 3)'],
    ['S', '1 0x5 0x7f', 'x64', 'waiting, in write of what is closed (fd 5)'],
    ['S', '202 0x7f', 'x64', 'waiting for a lock, or for another thread (futex)'],
    ['S', '9999 0x7f', 'x64', 'waiting, in system call 9999'],
    ['S', undefined, 'x64', 'waiting'],
    [
      'D',
      '74 0x3',
      'x64',
      'waiting for the disk, or for a file system (it cannot be interrupted), in fsync of pipe 9 (fd 3)',
    ],
  ] as const;
  for (const [state, syscall, machine, text] of cases)
    assert.equal(describeBlocked(state, syscall, files, machine), text);
});
