// Bosun is replaced by another one while its services run (promise P9), as the real PID 1 and below one: the processes stay, nothing that
// they write or tell is lost, and where it cannot be done nothing has happened.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test, type TestContext } from 'node:test';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import type { EventView } from '../../supervisor/wire/event-view.ts';
import type { ServiceView } from '../../supervisor/wire/service-view.ts';
import { BosunCopy } from '../support/bosun-copy.ts';
import { Container, zombiesOf } from '../support/container.ts';
import { reaches } from '../support/ctl-events.ts';
import { until, within } from '../support/deadline.ts';
import { livesInside, pidIn, shell } from '../support/inside.ts';
import { OutputLines } from '../support/output-lines.ts';

const CTL = resolve(import.meta.dirname, '../../bin/bosunctl');
const UPGRADES = 5;
/** A bound on a hang; it takes two starts of Node. */
const UPGRADE_MS = 40_000;

type Said = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Half a line, a moment, the other half: an upgrade falls into the middle of a line now and then. */
const WRITER =
  'n=0; while :; do n=$((n+1)); printf "line $n "; sleep 0.003; echo "ends $n"; echo "error $n" >&2; done';
const NOTIFYING = `command:
  - sh
  - -c
  - |
    systemd-notify READY=1 "STATUS=well"
    while :; do systemd-notify WATCHDOG=1; sleep 0.2; done
readiness: { notify: { socket: true } }
liveness: { watchdog: 3s }
`;

/** In the directory of the test. */
const HERE = 'working_dir: $TEST_DIR\n';

const SERVICES = {
  writer: `command: ${shell(WRITER)}\n`,
  crasher: `command: ${shell('sleep 0.2; exit 3')}\nrestart: { delay: 50ms, max_delay: 50ms }\n`,
  once: `${HERE}type: oneshot\ncommand: ${shell('setsid sleep 100000 & echo $! > orphan')}\n`,
  held: 'command: [sleep, "100000"]\n',
  waits: `command: ["false"]\nrestart: { delay: 1h, max_delay: 1h }\n`,
  notifies: NOTIFYING,
  probed: `command: [sleep, "100000"]\nreadiness: { exec: ["true"], period: 30ms }\n`,
  told: `command: ${shell('echo >&5; exec sleep 100000')}\nreadiness: { notify: { fd: 5 } }\n`,
  hourly: 'type: timer\nevery: 1h\ncommand: ["true"]\n',
  ticks: `${HERE}type: timer\nevery: 150ms\ncommand: ${shell('echo tick >> ticks')}\n`,
};
/** Those that live all the time, by the same pid. */
const STEADY = ['writer', 'notifies', 'probed', 'told'];
/** Those whose state must be the same afterwards to the last word. */
const STILL = [...STEADY, 'once', 'held', 'waits', 'hourly'];

async function viewsOf(container: Container): Promise<ReadonlyMap<string, ServiceView>> {
  const { services } = await new BosunClient(container.socket).services();
  return new Map(services.map((view) => [view.name, view]));
}

/** All events, in pages. */
async function allEvents(container: Container): Promise<readonly EventView[]> {
  const client = new BosunClient(container.socket);
  const all: EventView[] = [];
  for (;;) {
    const { events, last_event_id } = await client.events({ after: all.at(-1)?.id ?? 0 });
    all.push(...events);
    if (events.length === 0 || events.at(-1)?.id === last_event_id) return all;
  }
}

async function upgrade(container: Container, ...more: readonly string[]): Promise<Said> {
  const child = spawn(CTL, ['--socket', container.socket, 'upgrade', '--json', ...more]);
  const [stdout, stderr] = [new OutputLines(child.stdout), new OutputLines(child.stderr)];
  const [code] = (await within('the upgrade', once(child, 'close'), UPGRADE_MS)) as [number | null];
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** What of a view does not depend on the moment at which it was taken. */
function still({ name, state, pid, restarts, starts, since, wanted, status_text }: ServiceView): object {
  return { name, state, pid, restarts, starts, since, wanted, status_text };
}

/** Numbers from 1 on, without a gap and none twice. */
function assertInOrder(what: string, numbers: readonly number[], least = 20): void {
  const wrong = numbers.findIndex((number, index) => number !== index + 1);
  assert.equal(wrong, -1, `${what}: ${numbers.slice(Math.max(0, wrong - 3), wrong + 4).join(' ')}`);
  assert.ok(numbers.length >= least, `${what}: only ${numbers.length}`);
}

function messagesOf(container: Container, service: string, stream: string): readonly string[] {
  return container.stdout.lines.flatMap((line) => {
    const told = JSON.parse(line) as Record<string, string>;
    return told['service'] === service && told['stream'] === stream ? [told['msg'] ?? ''] : [];
  });
}

function numbersIn(messages: readonly string[], pattern: RegExp): readonly number[] {
  return messages.map((message) => {
    const match = pattern.exec(message);
    assert.ok(match !== null, `a torn line: ${JSON.stringify(message)}`);
    return Number(match[1]);
  });
}

async function begin(container: Container): Promise<void> {
  for (const name of STEADY) await reaches(container, name, 'running');
  await reaches(container, 'once', 'completed');
  await reaches(container, 'waits', 'backoff');
  await container.ctl('stop', 'held');
  await reaches(container, 'held', 'stopped');
  await until('ticks', () => container.read('ticks'));
}

/** The longest time in which the API did not answer. */
async function watchApi(container: Container, signal: AbortSignal): Promise<number> {
  const client = new BosunClient(container.socket);
  let [longestMs, lastMs] = [0, performance.now()];
  while (!signal.aborted) {
    await client.health({ signal }).then(
      () => {
        const nowMs = performance.now();
        longestMs = Math.max(longestMs, nowMs - lastMs);
        lastMs = nowMs;
      },
      () => undefined,
    );
    await new Promise((go) => setTimeout(go, 20));
  }
  return longestMs;
}

for (const place of ['pid1', 'below'] as const)
  test(`${place}: ${UPGRADES} upgrades in a row, and nobody notices`, { timeout: 120_000 }, async (t) => {
    await fiveUpgrades(t, place);
  });

async function fiveUpgrades(t: TestContext, place: 'pid1' | 'below'): Promise<void> {
  await using container = new Container({ services: SERVICES, place, options: ['--log-format', 'json'] });
  await begin(container);
  const client = new BosunClient(container.socket);
  const job = await client.jobs.run({
    command: ['sh', '-c', 'n=0; until [ -e enough ]; do n=$((n+1)); echo $n; sleep 0.005; done; exit 9'],
    working_dir: container.directory,
  });
  const reader = spawn(CTL, ['--socket', container.socket, 'job', 'stream', String(job.id)]);
  await using ending = new AsyncDisposableStack();
  ending.defer(() => void reader.kill('SIGKILL'));
  const copied = new OutputLines(reader.stdout);
  const complaints = new OutputLines(reader.stderr);
  const readerEnded = new Promise<number | null>((ended) => reader.on('close', ended));
  const orphan = await pidIn(container, 'orphan');
  // Who has left everything is left alone where Bosun is not PID 1.
  if (place === 'below') ending.defer(() => void process.kill(orphan, 'SIGKILL'));
  const [before, outside] = [await viewsOf(container), await container.pid()];
  const watching = new AbortController();
  const away = watchApi(container, watching.signal);
  for (let n = 0; n < UPGRADES; n++) {
    const { code, stdout, stderr } = await upgrade(container);
    assert.equal(code, 0, `${stdout}${stderr}${container.stderr.text}`);
    assert.equal(await container.pid(), outside);
  }
  watching.abort();
  const after = await viewsOf(container);
  for (const name of STILL) assert.deepEqual(still(pick(after, name)), still(pick(before, name)));
  assert.ok(await livesInside(container, orphan));
  assert.equal(after.get('waits')?.state, 'backoff');
  writeFileSync(join(container.directory, 'enough'), '');
  const code = await readerEnded;
  const { status } = await client.jobs.get(job.id);
  assert.deepEqual([code, status], [0, 'exited: 9'], complaints.text);
  assertInOrder('the job', copied.lines.map(Number));
  const [crashes, ticks] = [after.get('crasher')?.restarts ?? 0, container.read('ticks')?.length ?? 0];
  await until(
    'another crash',
    async () => ((await viewsOf(container)).get('crasher')?.restarts ?? 0) > crashes + 1,
  );
  await until('another tick', () => (container.read('ticks')?.length ?? 0) > ticks);
  const events = await allEvents(container);
  assertInOrder(
    'events',
    events.map(({ id }) => id),
  );
  assertSequences(events);
  const upgraded = events.filter(({ type }) => type === 'upgraded');
  assert.equal(upgraded.length, UPGRADES);
  assert.ok(upgraded.every(({ actor, command }) => actor === 'uid:0' && command !== ''));
  assertExits(events, 'crasher', 3);
  const engineMs = upgraded.map(({ details }) => Number(details['away_ms']));
  t.diagnostic(`away: API ${Math.round(await away)} ms at most, engine ${engineMs.join(', ')} ms`);
  await container.ctl('stop', 'writer');
  await until('no zombie', () => zombiesOf(outside).length === 0);
  await container.signal('SIGTERM');
  assert.deepEqual(await container.end(), { code: 0, signal: null });
  const [out, error] = [messagesOf(container, 'writer', 'stdout'), messagesOf(container, 'writer', 'stderr')];
  // It was stopped in the middle of its last line.
  assertInOrder('stdout', numbersIn(out.slice(0, -1), /^line (\d+) ends \1$/));
  assertInOrder('stderr', numbersIn(error, /^error (\d+)$/));
}

function pick(views: ReadonlyMap<string, ServiceView>, name: string): ServiceView {
  const view = views.get(name);
  assert.ok(view !== undefined, `${name} is there`);
  return view;
}

/** Of each service, from 1 on. */
function assertSequences(events: readonly EventView[]): void {
  const last = new Map<string, number>();
  for (const { service, seq } of events) {
    if (service === '') continue;
    assert.equal(seq, (last.get(service) ?? 0) + 1, `a sequence number of ${service}`);
    last.set(service, seq);
  }
}

function assertExits(events: readonly EventView[], service: string, code: number): void {
  const exits = events.filter((event) => event.service === service && event.type === 'exited');
  assert.ok(exits.length > 2);
  for (const { details } of exits) assert.deepEqual(details['exit'], { kind: 'code', code });
}

/** In the copy: the next image waits at its very beginning, until it is let go. */
const WAITING_START = `import { existsSync, writeFileSync } from 'node:fs';
if (process.env['BOSUN_SNAPSHOT'] !== undefined && process.argv[2] !== 'rehearse') {
  writeFileSync(process.env['TEST_DIR'] + '/away', '');
  while (!existsSync(process.env['TEST_DIR'] + '/go')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}
`;

test('who ends while Bosun is away is waited for, with the exit code, and started again', async () => {
  using copy = new BosunCopy();
  copy.edit('main.ts', (text) => WAITING_START + text);
  const script =
    'test -e away && exec sleep 100000; until [ -e away ]; do sleep 0.01; done; echo farewell; exit 7';
  await using container = new Container({
    program: copy.program,
    services: {
      dies: `${HERE}command: ${shell(script)}\nrestart: { delay: 10ms }\n`,
      stays: 'command: [sleep, "100000"]\n',
    },
  });
  const { pid } = await reaches(container, 'dies', 'running');
  const stays = (await reaches(container, 'stays', 'running')).pid;
  const asked = upgrade(container);
  await until('the new image', () => existsSync(join(container.directory, 'away')));
  const outside = await container.pid();
  await until('a zombie', () => zombiesOf(outside).length === 1);
  writeFileSync(join(container.directory, 'go'), '');
  assert.equal((await asked).code, 0, container.stderr.text);
  const again = await reaches(container, 'dies', 'running');
  assert.notEqual(again.pid, pid);
  const events = await allEvents(container);
  assertExits7(events);
  assert.equal(zombiesOf(outside).length, 0);
  assert.equal((await reaches(container, 'stays', 'running')).pid, stays);
  await container.stdout.line(/farewell/);
});

function assertExits7(events: readonly EventView[]): void {
  const exits = events.filter(({ type }) => type === 'exited');
  assert.deepEqual(
    exits.map(({ service, details }) => [service, details['exit']]),
    [['dies', { kind: 'code', code: 7 }]],
  );
  const order = events.map(({ type }) => type);
  assert.ok(order.indexOf('upgraded') < order.indexOf('exited'), order.join());
}

const REFUSALS: readonly (readonly [string, string, (text: string) => string, RegExp])[] = [
  ['a syntax error in main.ts', 'main.ts', (text) => `${text}\n}}}`, /SyntaxError|ERR_INVALID_TYPESCRIPT/],
  ['a syntax error in the control plane', 'plane/control-plane.ts', (text) => `${text}\n}}}`, /ERR_|Error/],
  [
    'another version of the snapshot',
    'boot/snapshot.ts',
    (text) => text.replace(/SNAPSHOT_VERSION = \d+/, 'SNAPSHOT_VERSION = 0'),
    /older/,
  ],
  ['a program that ends at once', 'main.ts', () => 'process.exit(0);', /exit code 0/],
];

for (const [what, path, change, said] of REFUSALS)
  test(`a new program that cannot take over changes nothing: ${what}`, async () => {
    using copy = new BosunCopy();
    await using container = new Container({
      program: copy.program,
      services: { a: 'command: [sleep, "100000"]\n' },
    });
    const before = await reaches(container, 'a', 'running');
    const { last_event_id: lastId } = await new BosunClient(container.socket).events();
    copy.edit(path, change);
    const { code, stderr } = await upgrade(container);
    assert.equal(code, 1);
    assert.match(stderr, said);
    assert.match(stderr, /upgrade-refused/);
    const after = await reaches(container, 'a', 'running');
    assert.deepEqual(still(after), still(before));
    assert.equal((await new BosunClient(container.socket).events()).last_event_id, lastId);
    await container.ctl('restart', 'a');
    assert.notEqual((await reaches(container, 'a', 'running')).pid, before.pid);
  });

test('execve(2) that fails: Bosun goes on, and so does everything else', async () => {
  using copy = new BosunCopy();
  copy.edit('os/libc-image.ts', (text) => text.replace('execve(path,', "execve('/nowhere',"));
  await using container = new Container({
    program: copy.program,
    services: { writer: `command: ${shell(WRITER)}\n`, ticks: SERVICES.ticks },
    options: ['--log-format', 'json'],
  });
  const { pid } = await reaches(container, 'writer', 'running');
  for (let n = 1; n <= 2; n++) {
    const { code, stdout } = await upgrade(container);
    assert.equal(code, 1);
    const { outcome, details } = JSON.parse(stdout) as { outcome: string; details: { reason: string } };
    assert.deepEqual([outcome, details.reason], ['upgrade-failed', 'execve(2) failed with ENOENT']);
  }
  assert.equal((await reaches(container, 'writer', 'running')).pid, pid);
  const ticks = container.read('ticks')?.length ?? 0;
  await until('another tick', () => (container.read('ticks')?.length ?? 0) > ticks);
  // It is closed on exec again: whoever is started now has none of it.
  const fds = await container.ctl('job', 'start', '--stream', '--', 'sh', '-c', 'ls /proc/self/fd');
  assert.equal(fds.stdout.trim(), '0\n1\n2\n3', fds.stderr);
  await container.ctl('stop', 'writer');
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
  const out = messagesOf(container, 'writer', 'stdout').slice(0, -1);
  assertInOrder('stdout', numbersIn(out, /^line (\d+) ends \1$/));
});

test('another version: whatever is on the disk is what runs then, and the version is told', async () => {
  using copy = new BosunCopy();
  await using container = new Container({
    program: copy.program,
    services: { a: 'command: [sleep, "100000"]\n' },
  });
  const { pid } = await reaches(container, 'a', 'running');
  copy.edit('wire/version.ts', (text) => text.replace(/'[^']+'/, "'9.9.9'"));
  const { stdout } = await container.ctl('upgrade');
  assert.match(stdout, /^upgraded from \S+ to 9\.9\.9; pid 1, every service goes on\n$/);
  assert.equal((await new BosunClient(container.socket).version()).version, '9.9.9');
  assert.equal((await reaches(container, 'a', 'running')).pid, pid);
});

test('a hook under way: the upgrade waits for it, or says that it is in the way', async () => {
  await using container = new Container({
    services: {
      a: `${HERE}command: [sleep, "100000"]\nhooks: { pre_start: ${shell('touch begun; until [ -e go ]; do sleep 0.01; done')} }\n`,
    },
  });
  await until('the hook', () => container.read('begun') !== undefined);
  await until('the API', async () => (await container.ctl('version')).code === 0);
  const { code, stderr } = await upgrade(container, '--timeout', '200ms');
  assert.equal(code, 1);
  assert.match(stderr, /a pre_start is under way/);
  const waiting = upgrade(container);
  writeFileSync(join(container.directory, 'go'), '');
  assert.equal((await waiting).code, 0);
  assert.equal((await reaches(container, 'a', 'running')).starts, 1);
});

test('an internal error of the engine: Bosun starts anew under its services, three times a minute', async () => {
  await using container = new Container({
    services: {
      writer: `command: ${shell(WRITER)}\n`,
      hooked: `${HERE}command: [sleep, "100000"]\nhooks: { pre_start: ${shell('test -e seen || { touch seen; exec sleep 100000; }')} }\nrestart: { delay: 10ms }\n`,
    },
    options: ['--log-format', 'json'],
    environment: { BOSUN_FAULT_INJECTION: 'engine' },
  });
  const { pid } = await reaches(container, 'writer', 'running');
  await until('the hook', () => container.read('seen') !== undefined);
  for (let n = 1; n <= 3; n++) {
    await container.signal('SIGUSR2');
    const told = async (): Promise<boolean> => (await recoveries(container)).length === n;
    await until(`recovery ${n}`, told, UPGRADE_MS).catch((error: unknown) => {
      throw new Error(container.stderr.text, { cause: error });
    });
    // The hook that was lost has failed at once, and was run again.
    if (n === 1) await reaches(container, 'hooked', 'running');
  }
  const [first] = await recoveries(container);
  assert.match(String(first?.details['reason']), /the engine was told to throw/);
  assert.deepEqual(first?.details['lost'], ['hooked pre_start']);
  await container.signal('SIGUSR2');
  await until('the last resort', () => container.stderr.text.includes('going on without'));
  assert.equal((await reaches(container, 'writer', 'running')).pid, pid);
  assert.equal((await recoveries(container)).length, 3);
  assertInOrder(
    'events',
    (await allEvents(container)).map(({ id }) => id),
    10,
  );
  await container.ctl('stop', 'writer');
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
  const out = messagesOf(container, 'writer', 'stdout').slice(0, -1);
  assertInOrder('stdout', numbersIn(out, /^line (\d+) ends \1$/));
});

async function recoveries(container: Container): Promise<readonly EventView[]> {
  const events = await allEvents(container).catch(() => []);
  return events.filter(({ type }) => type === 'recovered');
}

test('what a service sees of it: no descriptor, no variable of ours', async () => {
  const look = 'ls -l /proc/self/fd > fds; env > env; exec sleep 100000';
  await using container = new Container({
    services: { a: `${HERE}command: ${shell(look)}\n`, b: 'command: [sleep, "100000"]\n' },
  });
  await reaches(container, 'a', 'running');
  assert.equal((await upgrade(container)).code, 0);
  await container.ctl('restart', 'a');
  await until('what it sees', () => container.read('env')?.includes('PATH='));
  assert.doesNotMatch(container.read('env') ?? '', /BOSUN_SNAPSHOT/);
  const fds = (container.read('fds') ?? '')
    .split('\n')
    .flatMap((line) => / (\d+) -> (.*)/.exec(line)?.[1] ?? []);
  // 3 is the directory that ls reads.
  assert.deepEqual(fds, ['0', '1', '2', '3']);
  const job = await container.ctl('job', 'start', '--stream', '--', 'env');
  assert.match(job.stdout, /^PATH=/m);
  assert.doesNotMatch(job.stdout, /BOSUN_SNAPSHOT/);
  const environ = readFileSync(`/proc/${await container.pid()}/environ`, 'utf8');
  assert.match(environ, /BOSUN_SNAPSHOT/, 'it was handed over so');
});
