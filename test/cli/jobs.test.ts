// `bosunctl job` and `bosunctl exec` as their users see them: the real program against a real Bosun.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import { jobsView, jobView } from '../../supervisor/wire/job-view.ts';
import { Container } from '../support/container.ts';
import { reaches } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';
import { FollowingCtl, type Ran } from './support/bosunctl.ts';

const BOSUNCTL = resolve(import.meta.dirname, '../../bin/bosunctl');
const WEB = 'command: [sleep, "100000"]\nenvironment: { IN_SERVICE: "yes" }\n';

let container: Container;
let client: BosunClient;

before(async () => {
  container = new Container({ place: 'below', services: { web: WEB }, options: ['--log-format', 'raw'] });
  await reaches(container, 'web', 'running');
  client = new BosunClient(container.socket);
});
after(async () => {
  await container[Symbol.asyncDispose]();
});

async function ctl(...words: readonly string[]): Promise<Ran> {
  const { code, ...streams } = await container.ctl(...words);
  return { code: code ?? -1, ...streams };
}

/** Its id. */
async function start(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await ctl('job', 'start', ...words);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^\d+\n$/, 'the id alone');
  return stdout.trim();
}

async function ended(id: string): Promise<string> {
  return await until(`the end of job ${id}`, async () => {
    const { end, status } = await client.jobs.get(id);
    return end !== null && status;
  });
}

test('status: running, exited, stopped; stop says so when it is gone', async () => {
  const forever = await start('sleep', '1000');
  assert.deepEqual(await ctl('job', 'status', forever), { code: 0, stdout: 'running\n', stderr: '' });
  assert.deepEqual(await ctl('job', 'stop', forever), { code: 0, stdout: 'process stopped\n', stderr: '' });
  assert.equal((await ctl('job', 'status', forever)).stdout, 'stopped\n');
  assert.equal((await ctl('job', 'stop', forever)).stdout, 'process stopped\n');
  const failing = await start('--', 'sh', '-c', 'exit 3');
  await ended(failing);
  assert.equal((await ctl('job', 'status', failing)).stdout, 'exited: 3\n');
  const killed = await start('sh', '-c', 'kill -SEGV $$');
  await ended(killed);
  assert.equal((await ctl('job', 'status', killed)).stdout, 'exited: 139\n');
  jobView.parse(JSON.parse((await ctl('job', 'status', killed, '--json')).stdout));
});

for (const words of [
  ['status', '4711'],
  ['stop', '4711'],
  ['stream', '4711'],
  ['status', 'nonsense'],
  ['signal', 'HUP', '4711'],
]) {
  test(`job ${words.join(' ')}: process not found`, async () => {
    assert.deepEqual(await ctl('job', ...words), { code: 4, stdout: 'process not found\n', stderr: '' });
  });
}

test('options before the command are of bosunctl, those after it of the command', async () => {
  const id = await start(
    '-e',
    'A=1 2',
    '-w',
    '/tmp',
    '--limit',
    'nofile=99',
    'sh',
    '-c',
    'echo "$A"; pwd; ulimit -n; echo "$@"',
    'sh',
    '--json',
    '-e',
  );
  assert.equal((await ctl('job', 'stream', id)).stdout, '1 2\n/tmp\n99\n--json -e\n');
  const inService = await start(
    '--service',
    'web',
    '-u',
    'nobody',
    '--',
    'sh',
    '-c',
    'echo $IN_SERVICE $USER; id -un',
  );
  assert.equal((await ctl('job', 'stream', inService)).stdout, 'yes nobody\nnobody\n');
});

test('stream: stdout to stdout, stderr to stderr, during the run and after it', async () => {
  const id = await start('sh', '-c', 'echo out; echo err >&2; sleep 0.3; printf "late\\000\\377"; exit 4');
  const during = await ctl('job', 'stream', id);
  assert.deepEqual([during.code, during.stderr], [0, 'err\n']);
  assert.deepEqual(await ctl('job', 'stream', id), during);
  assert.equal((await ctl('job', 'stream', '--exit-code', id)).code, 4);
  const child = spawn(BOSUNCTL, ['--socket', container.socket, 'job', 'stream', id], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  assert.deepEqual(Buffer.concat(chunks), Buffer.from([...Buffer.from('out\nlate'), 0, 255]));
});

test('stream --no-follow ends with what there is', async () => {
  const id = await start('sh', '-c', 'echo first; exec sleep 1000');
  await until('the first line', async () => (await client.jobs.get(id)).output.bytes > 0);
  assert.deepEqual(await ctl('job', 'stream', '--no-follow', id), { code: 0, stdout: 'first\n', stderr: '' });
  await client.jobs.stop(id, { waitMs: 5000 });
});

test('what was not kept is told on stderr', async () => {
  const id = await start('--output-limit', '10B', 'sh', '-c', 'echo 0123456789abc');
  const { stdout, stderr } = await ctl('job', 'stream', id);
  assert.equal(stdout, '0123456789');
  assert.equal(stderr, 'bosunctl: the output is not whole: 4 bytes beyond its limit were not kept\n');
});

test('a reader that has seen enough ends stream quietly; the job goes on', async () => {
  const id = await start('sh', '-c', 'while :; do echo line; done');
  const script = `${BOSUNCTL} --socket ${container.socket} job stream ${id} | head -n 1`;
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  assert.deepEqual([code, text], [0, 'line\n']);
  assert.equal((await client.jobs.get(id)).status, 'running');
  await client.jobs.stop(id, { waitMs: 20_000 });
});

async function following(
  ...words: readonly string[]
): Promise<{ child: ReturnType<typeof spawn>; text: () => string }> {
  const child = spawn(BOSUNCTL, ['--socket', container.socket, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await until(`output of ${words.join(' ')}`, () => text.includes('ready'));
  return { child, text: () => text };
}

async function newest(): Promise<string> {
  const { jobs } = await client.jobs.list();
  return String(jobs.at(-1)?.id);
}

test('Ctrl-C leaves alone what is only watched, and stops what was started to be watched; the second one kills', async () => {
  const script = 'trap "echo caught" INT TERM; echo ready; while :; do sleep 0.05; done';
  const id = await start('--stop-interval', '1m', 'sh', '-c', script);
  const watching = await following('job', 'stream', id);
  watching.child.kill('SIGINT');
  await once(watching.child, 'exit');
  assert.equal((await client.jobs.get(id)).status, 'running');
  await client.jobs.sendSignal(id, 'KILL');
  const running = await following(
    'job',
    'start',
    '--stream',
    '--exit-code',
    '--stop-interval',
    '1m',
    '--',
    'sh',
    '-c',
    script,
  );
  const exit = once(running.child, 'exit');
  running.child.kill('SIGINT');
  await until('the first SIGINT to arrive', () => running.text().includes('caught'));
  running.child.kill('SIGINT');
  assert.deepEqual(await exit, [137, null]);
  assert.equal((await client.jobs.get(await newest())).status, 'stopped');
});

test('list fits 80 columns', async () => {
  await start('sh', '-c', `true ${'x'.repeat(200)}\u001b[31m`);
  const { stdout } = await ctl('job', 'list');
  const lines = stdout.trimEnd().split('\n');
  assert.match(lines[0] ?? '', /^ID +STATUS +SERVICE +OWNER +SINCE +COMMAND$/);
  assert.ok(
    lines.every((line) => line.length <= 80),
    stdout,
  );
  assert.ok(!stdout.includes('\u001b'));
  jobsView.parse(JSON.parse((await ctl('job', 'list', '--json')).stdout));
});

test('secrets of a command line are not shown', async () => {
  const id = await start('-e', 'MY_TOKEN=s3cr3t-value', 'echo', '--password', 'hunter2', 's3cr3t-value');
  assert.deepEqual((await client.jobs.get(id)).command, ['echo', '--password', '***', '***']);
  const { events } = await client.events({ types: ['job-requested'] });
  assert.ok(!JSON.stringify(events).includes('hunter2') && !JSON.stringify(events).includes('s3cr3t'));
  assert.equal((await ctl('job', 'stream', id)).stdout, '--password hunter2 s3cr3t-value\n');
});

const REFUSALS: readonly (readonly [number, readonly string[], RegExp])[] = [
  [1, ['job', 'start', '/nonesuch'], /could not be started: .*ENOENT/s],
  [
    1,
    ['job', 'start', '--limit', 'nofil=3', 'true'],
    /limits\.nofil: unknown key "nofil"\. Did\s+you mean "nofile"/,
  ],
  [1, ['job', 'start', '-u', 'nobdy', 'true'], /user: no user is called "nobdy"/],
  [1, ['job', 'start', '--time-limit', 'soon', 'true'], /timeout: .*soon/],
  [2, ['job', 'start'], /missing required argument/],
  [2, ['job', 'start', '--exit-code', 'true'], /--exit-code goes with --stream/],
  [2, ['job', 'start', '-e', '=x', 'true'], /--env takes NAME=VALUE/],
  [4, ['exec', 'ghost', 'true'], /no service "ghost"/],
  [3, ['job', 'signal', 'HUP', 'ENDED'], /has ended/],
];

for (const [code, words, message] of REFUSALS) {
  test(`bosunctl ${words.join(' ')} ends with ${code}`, async () => {
    const id = words.includes('ENDED') ? await start('true') : '';
    if (id !== '') await ended(id);
    const ran = await ctl(...words.map((word) => (word === 'ENDED' ? id : word)));
    assert.match(ran.stderr.replaceAll('\n  ', ' '), message);
    assert.equal(ran.code, code);
  });
}

test('exec ends with the code of its command, 128 and more for a signal', async () => {
  assert.deepEqual(await ctl('exec', 'web', '--', 'sh', '-c', 'echo $IN_SERVICE; echo err >&2; exit 42'), {
    code: 42,
    stdout: 'yes\n',
    stderr: 'err\n',
  });
  assert.equal((await ctl('exec', 'web', 'sh', '-c', 'kill -TERM $$')).code, 143);
  assert.deepEqual(await ctl('exec', '--no-stdin', 'web', 'cat'), { code: 0, stdout: '', stderr: '' });
});

test('exec passes SIGINT on, and hangs the command up when it is killed itself', async () => {
  const passed = await following(
    'exec',
    'web',
    '--',
    'sh',
    '-c',
    'trap "exit 5" INT; echo ready; while :; do sleep 0.05; done',
  );
  const exit = once(passed.child, 'exit');
  passed.child.kill('SIGINT');
  assert.deepEqual(await exit, [5, null]);
  const gone = await following('exec', 'web', '--', 'sh', '-c', 'echo ready; exec sleep 1000');
  const id = await newest();
  gone.child.kill('SIGKILL');
  assert.equal(await ended(id), 'stopped');
});

test('in a terminal exec gives the command one, and leaves this one as it was', async () => {
  const exec = `${BOSUNCTL} --socket ${container.socket} exec web --`;
  const inner = 'tty; stty size; echo ready; read line; echo "got $line"; exit 3';
  const outer = `before=$(stty -g); ${exec} sh -c '${inner}'; echo "code $?"; [ "$(stty -g)" = "$before" ] && echo restored`;
  const session = await client.jobs.attach({
    command: ['sh', '-c', outer],
    input: 'terminal',
    columns: 97,
    rows: 29,
  });
  let text = '';
  let typed = false;
  for await (const piece of session.output()) {
    if (piece.kind === 'bytes') text += piece.bytes.toString();
    if (!typed && text.includes('ready')) {
      typed = true;
      await session.input(Buffer.from('hello\r'));
    }
  }
  assert.match(text, /^\/dev\/pts\/\d+\r\n29 97\r\nready\r\nhello\r\ngot hello\r\ncode 3\r\nrestored\r\n$/);
});

test('help names the six of them', async () => {
  const { stdout } = await ctl('job', '--help');
  for (const name of ['start', 'list', 'status', 'stop', 'signal', 'stream'])
    assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
});

test('over a restart of bosunctl nothing depends on it: what it started goes on', async () => {
  await using starting = new FollowingCtl([
    '--socket',
    container.socket,
    'job',
    'start',
    '--stream',
    'sh',
    '-c',
    'echo ready; exec sleep 1000',
  ]);
  await starting.outputWith('ready');
  const id = await newest();
  await starting[Symbol.asyncDispose]();
  assert.equal((await client.jobs.get(id)).status, 'running');
  await client.jobs.stop(id, { waitMs: 5000 });
});
