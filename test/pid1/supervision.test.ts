// Services under Bosun as the real PID 1: orphans, stops, and what a user sees of them.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { childrenOf, Container, processState, zombiesOf } from '../support/container.ts';
import { eventsOf, reaches, statusOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';

const FOREVER = 'command: [sleep, "100000"]\n';
const ORPHANS = 20_000;
const FORKERS = 4;
/** Each turn of the loop leaves an orphan: the subshell that started it is gone before it is. */
const FORKER = `i=0; while [ $i -lt ${ORPHANS / FORKERS} ]; do (true &); i=$((i+1)); done; touch $TEST_DIR/done.$0`;

test(`${ORPHANS} orphans from double forks: none left, and no exit of a service lost meanwhile`, async () => {
  const forker = (n: number): string =>
    `type: oneshot\ncommand: [sh, -c, '${FORKER.replaceAll('$', () => '$$')}', "${n}"]\nrestart: {policy: never}\n`;
  const services: Record<string, string> = {
    // Ends and is restarted as long as the storm lasts, each time with a status of its own.
    ticker:
      "command: [sh, -c, 'echo x >> $$TEST_DIR/runs; exit $$(($$(wc -l < $$TEST_DIR/runs) % 250 + 1))']\n" +
      'restart: {policy: always, delay: 0, max_delay: 20ms}\n',
    steady: FOREVER,
  };
  for (let n = 0; n < FORKERS; n++) services[`forker${n}`] = forker(n);
  await using container = new Container({ services });
  const limitMs = 120_000;
  for (let n = 0; n < FORKERS; n++)
    await until(`forker ${n}`, () => container.read(`done.${n}`) !== undefined, limitMs);
  const pid = await container.pid();
  await until('no zombie is left', () => zombiesOf(pid).length === 0);
  await container.ctl('stop', 'ticker');
  const runs = container.read('runs')?.split('\n').length ?? 0;
  assert.ok(runs > 5, `the ticker ran ${runs} times`);
  const exits = (await eventsOf(container)).filter(
    (event) => event.type === 'exited' && event.service === 'ticker',
  );
  const codes = exits.map((event) => codeOf(event.details));
  // The last run may have been cut short by the stop.
  const own = codes.filter((code) => code !== null);
  assert.deepEqual(
    own,
    Array.from({ length: own.length }, (_, n) => ((n + 1) % 250) + 1),
  );
  // The last line of the file is empty, and the last run may have been stopped.
  assert.ok(own.length >= runs - 2, `${runs} runs, ${own.length} exits`);
  assert.equal((await statusOf(container, 'steady'))?.restarts, 0);
});

test('TERM during start-up: what waits is never started, what starts is stopped', async () => {
  await using container = new Container({
    services: {
      first:
        "command: [sh, -c, 'touch $$TEST_DIR/first; exec sleep 100000']\nreadiness: {file: /no/such/file}\n",
      second: "command: [sh, -c, 'touch $$TEST_DIR/second; exec sleep 100000']\ndepends_on: [first]\n",
    },
  });
  await until('the first service', () => container.read('first') !== undefined);
  await container.signal('SIGTERM');
  assert.deepEqual(await container.end(), { code: 0, signal: null });
  assert.equal(container.read('second'), undefined);
});

test('a TERM before anything has been loaded is not lost', async () => {
  await using container = new Container({
    services: { a: "command: [sh, -c, 'touch $$TEST_DIR/a; sleep 100000']\n" },
  });
  // As soon as its listeners are there: SIGPWR's is the last but one, and Node has none of its own. The rest is still
  // being loaded. Before that nothing can be done: the kernel drops what PID 1 has no handler for.
  await until('the signal', async () => {
    const pid = await container.pid();
    const caught = BigInt(`0x${statusField(pid, 'SigCgt')}`);
    if ((caught & (1n << 29n)) === 0n) return false;
    process.kill(pid, 'SIGTERM');
    return true;
  });
  assert.deepEqual(await container.end(), { code: 0, signal: null });
});

test('a service that ignores TERM is killed after its own timeout; TERM twice kills at once', async () => {
  const stubborn = (timeout: string): string =>
    `command: [sh, -c, "trap '' TERM; touch $$TEST_DIR/up; while :; do sleep 0.1; done"]\nstop: {timeout: ${timeout}}\n`;
  {
    await using container = new Container({ services: { stubborn: stubborn('300ms') } });
    await until('the service', () => container.read('up') !== undefined);
    await container.signal('SIGTERM');
    assert.equal((await container.end()).code, 0);
  }
  await using container = new Container({ services: { stubborn: stubborn('8s') } });
  await until('the service', () => container.read('up') !== undefined);
  await container.signal('SIGTERM');
  // Two signals of one kind that are pending at once are one, signal(7).
  await container.stdout.line(/shutting down/);
  await container.signal('SIGTERM');
  // Far from its 8 s: the second request cut them.
  assert.equal((await container.end(4000)).code, 0);
});

test('a child that left the process group is ended too, by the sweep', async () => {
  const script = "setsid sh -c 'echo $$$$ > $$TEST_DIR/stray; exec sleep 100000' & exec sleep 100000";
  await using container = new Container({ services: { a: `command: [sh, -c, "${script}"]\n` } });
  await until('the stray', () => (container.read('stray') ?? '') !== '');
  const inside = childrenOf(await container.pid());
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
  for (const pid of inside) assert.equal(processState(pid), undefined);
});

test('stop waits for the whole group, also when the leader goes first', async () => {
  const script =
    "(trap '' TERM; echo $$$$ > $$TEST_DIR/child; while :; do sleep 0.05; done) & exec sleep 100000";
  await using container = new Container({
    services: { a: `command: [sh, -c, "${script}"]\nstop: {timeout: 300ms}\n` },
  });
  await until('the child', () => (container.read('child') ?? '') !== '');
  await reaches(container, 'a', 'running');
  const { code, stdout, stderr } = await container.ctl('stop', 'a');
  assert.equal(code, 0, stdout + stderr);
  assert.deepEqual(childrenOf(await container.pid()), [], 'nothing of the group is left when stop returns');
  const types = (await eventsOf(container)).map((event) => event.type);
  assert.ok(types.indexOf('exited') < types.indexOf('killed'), 'the leader went at TERM, the rest at KILL');
});

test('exit codes of the container: main, essential, and both by a signal', async () => {
  const cases: readonly (readonly [string, number])[] = [
    ['command: [sh, -c, "exit 0"]\nmain: true\n', 0],
    ['command: [sh, -c, "exit 7"]\nmain: true\n', 7],
    ['command: [sh, -c, "kill -9 $$$$"]\nmain: true\n', 137],
    ['command: [sh, -c, "exit 5"]\nessential: true\nrestart: {policy: never}\n', 5],
    ['command: [no-such-program]\nessential: true\nrestart: {policy: never}\n', 127],
    ['command: [/etc/passwd]\nessential: true\nrestart: {policy: never}\n', 126],
  ];
  for (const [text, code] of cases) {
    await using container = new Container({ services: { a: text, other: FOREVER } });
    assert.equal((await container.end()).code, code, text);
  }
});

test('a command after -- starts when everything else is ready, and its exit code is the container’s', async () => {
  await using container = new Container({
    services: { a: 'command: [sleep, "100000"]\nreadiness: {exec: [test, -e, $TEST_DIR/open]}\n' },
    command: ['sh', '-c', 'echo the command runs; exit 9'],
  });
  await until('the socket', async () => (await statusOf(container, 'main'))?.state === 'waiting');
  assert.ok(!container.stdout.text.includes('the command runs'));
  writeFileSync(`${container.directory}/open`, '');
  await container.stdout.line(/the command runs/);
  assert.equal((await container.end()).code, 9);
});

test('a reload command that hangs ends with the run, also where Bosun is not PID 1', async () => {
  await using container = new Container({
    services: {
      a:
        'command: [sleep, "100000"]\n' +
        "reload: {command: [sh, -c, 'echo $$$$ > $$TEST_DIR/reload; exec sleep 100000'], timeout: 1h}\n",
    },
    place: 'below',
  });
  await reaches(container, 'a', 'running');
  await container.ctl('reload', 'a', '--no-wait');
  const pid = Number(await until('the reload', () => (container.read('reload') ?? '').trim() || undefined));
  assert.notEqual(processState(pid), undefined);
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
  await until('the reload command is gone', () => processState(pid) === undefined);
});

const AS_NOBODY = ['setpriv', '--reuid', '12345', '--regid', '0', '--clear-groups', '--inh-caps=-all'];

for (const place of ['pid1', 'below'] as const)
  test(`as an arbitrary user without a passwd entry, ${place}`, async () => {
    await using container = new Container({
      services: { a: "command: [sh, -c, 'id -u; exec sleep 100000']\nreadiness: {exec: [test, -d, /]}\n" },
      place,
      through: AS_NOBODY,
      environment: { HOME: '' },
    });
    await container.stdout.line(/12345/);
    await reaches(container, 'a', 'running');
    await container.signal('SIGTERM');
    assert.equal((await container.end()).code, 0);
  });

function codeOf(details: Record<string, unknown>): number | null {
  const exit = details['exit'];
  if (typeof exit !== 'object' || exit === null || !('code' in exit)) return null;
  return typeof exit.code === 'number' ? exit.code : null;
}

function statusField(pid: number, field: string): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return new RegExp(`^${field}:\\t(\\S+)$`, 'm').exec(status)?.[1] ?? '0';
}
