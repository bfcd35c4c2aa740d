import assert from 'node:assert/strict';
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { comesUp, failsWith, service } from './support/fleet-fixture.ts';
import { call, open, readUntil } from './support/http.ts';
import { PlaneRig } from './support/plane-rig.ts';
import { within } from '../support/deadline.ts';
import { fleetOf } from '../support/specs.ts';

const CADDY = { services: [service('caddy'), service('consul-template')], pipes: 1 } as const;

/** Every event, from the first one on. */
const ALL_EVENTS = { accept: 'text/event-stream', 'last-event-id': '0' };

const CRASHES = [
  [
    'the control plane',
    async (rig: PlaneRig): Promise<void> => {
      rig.crash();
      await rig.message('worker-exit');
      await rig.restartWorker();
    },
  ],
  ['the logs', (rig: PlaneRig): Promise<void> => rig.crashLogs()],
] as const;

/** A service that ends with the test, however that ends: one that goes on writing would keep it from ending. */
class Writer implements Disposable {
  readonly child: ChildProcess;

  constructor(script: string, stdio: StdioOptions) {
    this.child = spawn('sh', ['-c', script], { stdio, detached: true });
  }

  [Symbol.dispose](): void {
    if (this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // ESRCH: it has ended.
    }
  }
}

function end(rig: PlaneRig, pipe = 0): number {
  const fd = rig.writeEnds[pipe];
  assert.ok(fd !== undefined);
  return fd;
}

test('a line keeps its service; a last line without a newline is written when the pipe ends', async () => {
  await using rig = await PlaneRig.start(CADDY);
  rig.lend(0, 'caddy');
  writeSync(end(rig), 'whole\npart');
  assert.match(await rig.outputWith('whole'), /^caddy {11}\| whole$/m);
  assert.ok(!rig.output.includes('part'));
  closeSync(end(rig));
  assert.match(await rig.outputWith('part'), /^caddy {11}\| part$/m);
  assert.deepEqual(await rig.message('drained'), {
    type: 'drained',
    service: 'caddy',
    run: 1,
    stream: 'stdout',
  });
});

test('raw: bytes that are not UTF-8 come out as they went in, a long line in marked pieces', async () => {
  await using rig = await PlaneRig.start({ ...CADDY, settings: { logFormat: 'raw' } });
  rig.lend(0, 'caddy');
  const bytes = Buffer.from([0xff, 0xfe, 0x80, 0x0a]);
  using writer = new Writer('cat', ['pipe', end(rig), 'inherit']);
  const { stdin } = writer.child;
  assert.ok(stdin);
  stdin.end(Buffer.concat([bytes, Buffer.alloc(65_537, 'z'), Buffer.from('\nend\n')]));
  await once(writer.child, 'exit');
  await rig.outputWith('\nend\n');
  assert.ok(rig.output.includes(bytes));
  assert.match(
    rig.output.toString(),
    /z{65536} \[bosun: longer than 64 KiB, goes on in the next line\]\nz\nend/,
  );
});

test('json: every line parses, and what is JSON already is not broken', async () => {
  await using rig = await PlaneRig.start({
    ...CADDY,
    settings: { logFormat: 'json' },
    history: comesUp('caddy', 1),
  });
  rig.lend(0, 'caddy', 'stderr');
  writeSync(end(rig), '{"level":"warn","big":12345678901234567890}\nplain "text"\n');
  const lines = (await rig.outputWith('plain')).trim().split('\n');
  for (const line of lines) assert.equal(typeof JSON.parse(line), 'object');
  assert.ok(
    lines.some((line) =>
      line.startsWith('{"level":"warn","big":12345678901234567890,"bosun":{"service":"caddy"'),
    ),
  );
  const plain = JSON.parse(lines.find((line) => line.includes('plain')) ?? '') as Record<string, unknown>;
  assert.equal(plain['stream'], 'stderr');
  assert.equal(plain['pid'], 1001, 'the pid of the service');
  const own = lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .find((line) => line['event'] === 'ready');
  assert.equal(own?.['msg'], 'caddy is ready after 83 ms');
  assert.equal(own['subject'], 'caddy');
});

test('what Bosun does is told in its own lines', async () => {
  await using rig = await PlaneRig.start(CADDY);
  rig.emit([...comesUp('caddy', 1), ...failsWith('caddy', 1, 3, 4000)]);
  const text = await rig.outputWith('next try');
  assert.match(text, /^bosun {11}\| caddy is ready after 83 ms$/m);
  assert.match(text, /^bosun {11}\| caddy exited with code 3: next try in 4 s$/m);
});

for (const [whose, crash] of CRASHES)
  test(`a service that goes on writing loses no line when the thread of ${whose} throws`, async () => {
    await using rig = await PlaneRig.start({ ...CADDY, settings: { logFormat: 'raw' } });
    rig.lend(0, 'caddy');
    using writer = new Writer('i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done', [
      'ignore',
      end(rig),
      'inherit',
    ]);
    const exited = once(writer.child, 'exit');
    await rig.outputWith('line 100\n');
    await crash(rig);
    await rig.outputWith('line 19999\n');
    await exited;
    const lines = rig.output
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('line'));
    assert.deepEqual(
      lines,
      Array.from({ length: 20_000 }, (_, index) => `line ${index}`),
    );
  });

for (const [whose, crash] of CRASHES)
  test(`not even the unfinished line is lost when the thread of ${whose} throws`, async () => {
    await using rig = await PlaneRig.start({ ...CADDY, settings: { logFormat: 'raw' } });
    rig.lend(0, 'caddy');
    writeSync(end(rig), 'marker\nfirst half, ');
    await rig.outputWith('marker');
    await crash(rig);
    writeSync(end(rig), 'second half\n');
    await rig.outputWith('\nfirst half, second half\n');
  });

test('a reader of standard output that stalls holds up nothing; the loss is told', async () => {
  await using rig = await PlaneRig.start({ ...CADDY, stdout: 'unread' });
  rig.lend(0, 'caddy');
  const line = 'y'.repeat(100);
  using writer = new Writer(`yes ${line} | head -c 12000000; echo the-end >&2`, ['ignore', end(rig), 'pipe']);
  const { stderr } = writer.child;
  assert.ok(stderr);
  // The service itself is not held up for ever: it ends although nobody reads.
  const [said] = (await within('the end of the service', once(stderr, 'data'))) as [Buffer];
  assert.match(said.toString(), /the-end/);
  const health = await call(rig.socketPath, '/v1/health');
  assert.ok(Number(health.json['dropped_log_lines']) > 1000, health.text);
  rig.readStdout();
  assert.match(
    await rig.outputWith('dropped'),
    /bosun +\| \d+ log lines were dropped: the reader of standard output/,
  );
});

test('a slow reader of standard output gets every line', async () => {
  await using rig = await PlaneRig.start({ ...CADDY, settings: { logFormat: 'json' } });
  rig.lend(0, 'caddy');
  using writer = new Writer('seq 1 200000; echo the-end', ['ignore', end(rig), 'inherit']);
  await rig.outputWith('the-end');
  assert.ok(writer.child.pid);
  const health = await call(rig.socketPath, '/v1/health');
  assert.equal(health.json['dropped_log_lines'], 0);
  assert.equal(rig.output.toString().match(/"service":"caddy"/g)?.length, 200_001);
});

test('finish writes what is still in the pipes, also without a newline, and answers', async () => {
  await using rig = await PlaneRig.start(CADDY);
  rig.lend(0, 'caddy');
  writeSync(end(rig), 'one\nlast words');
  rig.finish();
  await rig.message('flushed');
  assert.match(await rig.outputWith('last words'), /one\n.*last words\n$/);
});

test('a service that another configuration adds has its lines kept from the first one on', async () => {
  await using rig = await PlaneRig.start(CADDY);
  const spec = fleetOf(...CADDY.services, service('added'));
  const services = spec.services.map(({ name }) => name);
  // Then its pipe: the engine lends it while it starts the service, and tells the control plane what happened at the end of its turn.
  rig.configureLogs(spec);
  rig.lend(0, 'added');
  writeSync(end(rig), 'first\n');
  await rig.outputWith('| first');
  rig.emitConfigured([{ type: 'configured', services, outdated: [], removed: [] }], spec);
  writeSync(end(rig), 'second\n');
  await rig.outputWith('| second');
  await readUntil(await open(rig.socketPath, '/v1/events', { headers: ALL_EVENTS }), (text) =>
    text.includes('"configured"'),
  );
  const held = await call(rig.socketPath, '/v1/services/added/logs');
  assert.match(held.text, /"first"[\s\S]*"second"/);
});

test('logs: the newest lines, and those that come', async () => {
  await using rig = await PlaneRig.start(CADDY);
  rig.lend(0, 'caddy');
  writeSync(end(rig), '1\n2\n3\n');
  await rig.outputWith('| 3');
  const held = await call(rig.socketPath, '/v1/services/caddy/logs?lines=2');
  const lines = held.text.trim().split('\n');
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { line: string }).line),
    ['2', '3'],
  );
  const stream = await open(rig.socketPath, '/v1/services/caddy/logs?lines=1&follow=true');
  await once(stream, 'readable');
  writeSync(end(rig), '4\n');
  const text = await readUntil(stream, (got) => got.includes('"4"'));
  assert.deepEqual(
    text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { line: string }).line),
    ['3', '4'],
  );
});

test('who follows from now on is told by a first byte when that is', async () => {
  await using rig = await PlaneRig.start(CADDY);
  rig.lend(0, 'caddy');
  writeSync(end(rig), 'before\n');
  await rig.outputWith('| before');
  for (const accept of ['application/x-ndjson', 'text/event-stream']) {
    const stream = await open(rig.socketPath, '/v1/services/caddy/logs?lines=0&follow=true', {
      headers: { accept },
    });
    // A heartbeat, 15 s later, would be a byte too.
    await within('the first byte', once(stream, 'readable'));
    writeSync(end(rig), 'after\n');
    const text = await readUntil(stream, (got) => got.includes('"after"'));
    assert.doesNotMatch(text, /before/);
  }
});

test('a descriptor that is no pipe is told, and ends nothing', async () => {
  await using rig = await PlaneRig.start(CADDY);
  rig.lend(900, 'caddy');
  await rig.message('drained');
  await rig.outputWith('caddy: cannot read stdout: EBADF');
  assert.equal((await call(rig.socketPath, '/healthz')).status, 200);
});
