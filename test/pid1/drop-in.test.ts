// Drop-in mode: `bosun run -- COMMAND` without services behaves as tini and dumb-init do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childrenOf, Container, zombiesOf } from '../support/container.ts';
import { until } from '../support/deadline.ts';

const EXIT_CODES: readonly (readonly [string, readonly string[], number])[] = [
  ['0', ['true'], 0],
  ['the code of the command', ['sh', '-c', 'exit 7'], 7],
  ['128+n when a signal ended it', ['sh', '-c', 'kill -9 $$'], 137],
  ['127 when there is no such command', ['no-such-command'], 127],
  ['126 when it is not executable', ['/etc/passwd'], 126],
];

for (const [what, command, code] of EXIT_CODES)
  test(`the exit code is ${what}`, async () => {
    await using container = new Container({ command });
    assert.deepEqual(await container.end(), { code, signal: null }, container.stderr.text);
  });

test('what could not be started is told, and nothing else is', async () => {
  await using container = new Container({ command: ['no-such-command'] });
  await container.end();
  assert.match(
    container.stderr.text,
    /^bosun: cannot start no-such-command: not found in PATH.*\(ENOENT\)\n$/,
  );
  assert.equal(container.stdout.text, '');
});

test('125 when Bosun cannot run, with what to do', async () => {
  await using container = new Container({ options: ['-c', '/no/such/directory'] });
  assert.equal((await container.end()).code, 125);
  assert.match(container.stderr.text, /\/no\/such\/directory.*does not exist/);
});

const FORWARDED = [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15];
/** bash lets a script trap what dash does not; each trap tells and the loop goes on. */
const TELLING = `for n in ${FORWARDED.join(' ')}; do trap "echo got $n" $n; done; echo ready; while :; do read -t 60 line <> <(:) || :; done`;

test('signals 1 to 15 less KILL and STOP reach the command, once each', async () => {
  await using container = new Container({ command: ['bash', '-c', TELLING] });
  await container.stdout.line(/^ready$/);
  const pid = await container.pid();
  for (const number of FORWARDED) {
    process.kill(pid, number);
    await container.stdout.line(new RegExp(`^got ${number}$`));
  }
  assert.deepEqual(
    container.stdout.lines.slice(1),
    FORWARDED.map((number) => `got ${number}`),
  );
});

test('143 after a forwarded TERM that the command did not handle', async () => {
  await using container = new Container({ command: ['sh', '-c', 'echo ready; sleep 1000; :'] });
  await container.stdout.line(/^ready$/);
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 143);
});

test('the signal reaches the whole group of the command', async () => {
  const command = [
    'sh',
    '-c',
    "(trap 'echo child got it; exit' TERM; echo ready; while :; do sleep 0.05; done) & wait; wait",
  ];
  await using container = new Container({ command });
  await container.stdout.line(/^ready$/);
  await container.signal('SIGTERM');
  await container.stdout.line(/^child got it$/);
  assert.equal((await container.end()).code, 143);
});

test('a background orphan of the command is reaped while it runs', async () => {
  const command = ['sh', '-c', '(setsid sleep 0.05 &) ; echo ready; sleep 1000; :'];
  await using container = new Container({ command });
  await container.stdout.line(/^ready$/);
  const pid = await container.pid();
  // The orphan comes to PID 1 and then goes; only the command is left.
  await until('only the command left', () => childrenOf(pid).length === 1);
  assert.deepEqual(zombiesOf(pid), []);
});

test('what the command leaves behind is ended', async () => {
  const command = [
    'sh',
    '-c',
    'setsid sh -c \'trap "echo told; exit" TERM; echo up; while :; do sleep 0.05; done\' & sleep 0.3; exit 3',
  ];
  await using container = new Container({ command });
  await container.stdout.line(/^up$/);
  assert.equal((await container.end()).code, 3);
  assert.ok(container.stdout.lines.includes('told'), 'it was asked before it was killed');
});

test('stdin and the working directory are passed through', async () => {
  await using container = new Container({
    command: ['sh', '-c', 'read line; echo "$line in $(pwd)"'],
    stdin: 'pipe',
  });
  container.stdin.write('hello\n');
  assert.equal(await container.stdout.line(/hello/), `hello in ${container.directory}`);
  assert.equal((await container.end()).code, 0);
});

test('not as PID 1: the same, as a subreaper', async () => {
  const command = ['sh', '-c', '(setsid sleep 0.05 &) ; echo ready; sleep 0.3; exit 5'];
  await using container = new Container({ command, place: 'below' });
  await container.stdout.line(/^ready$/);
  const pid = await container.pid();
  await until('the orphan has been adopted and reaped', () => zombiesOf(pid).length === 0);
  assert.equal((await container.end()).code, 5);
});
