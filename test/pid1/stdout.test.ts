// Standard output that is no good any more: its reader has gone, does not read, or its disk is full. Services go on, control goes on,
// what is lost is counted and told.
import assert from 'node:assert/strict';
import { createReadStream, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import { Container } from '../support/container.ts';
import { eventsOf, reaches, statusOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';
import { OutputLines } from '../support/output-lines.ts';

const asRoot = process.getuid?.() === 0 ? {} : { skip: 'only root can mount' };
const LINE = 'y'.repeat(100);
const SERVICES = {
  // More than any buffer on the way holds; then a line now and then, and a sign of life where the test sees it.
  noisy:
    `command: [sh, -c, "seq -f 'line %.0f ${LINE}' 1 40000; echo x >> $TEST_DIR/burst; ` +
    'while :; do echo tick; echo x >> $TEST_DIR/ticks; sleep 0.02; done"]\n',
  steady: 'command: [sleep, "100000"]\n',
};

function lengthOf(container: Container, name: string): number {
  return container.read(name)?.length ?? 0;
}

/** It is not held up, it is the same run, and another service can be restarted. */
async function goesOn(container: Container, pid: number | null | undefined): Promise<void> {
  await until('the whole burst', () => lengthOf(container, 'burst') === 2, 30_000);
  const ticks = lengthOf(container, 'ticks');
  await until('more ticks', () => lengthOf(container, 'ticks') > ticks + 20);
  assert.equal((await statusOf(container, 'noisy'))?.pid, pid);
  assert.equal((await container.ctl('restart', 'steady')).code, 0);
  assert.doesNotMatch(container.stderr.text, /internal error/);
}

async function dropped(container: Container): Promise<number> {
  return (await new BosunClient(container.socket).health()).dropped_log_lines;
}

async function told(container: Container, errno: string): Promise<void> {
  await until(`an event with ${errno}`, async () =>
    (await eventsOf(container)).some(
      ({ type, details }) => type === 'call-failed' && details['errno'] === errno,
    ),
  );
}

test('EPIPE: `bosun run | head -1` ends neither Bosun nor a service; the loss is counted and told', async () => {
  await using container = new Container({
    services: SERVICES,
    inside: ['sh', '-c', 'exec 9>&1; { "$@" 9>&-; echo "code $?" >&9; } | head -1', 'sh'],
  });
  const { pid } = await reaches(container, 'noisy', 'running');
  await told(container, 'EPIPE');
  await goesOn(container, pid);
  assert.ok((await dropped(container)) >= 39_000);
  assert.equal((await container.ctl('shutdown')).code, 0);
  await container.end();
  assert.equal(container.stdout.lines.length, 2, container.stdout.text);
  assert.equal(container.stdout.lines[1], 'code 0');
});

test('a full pipe that nobody reads: control goes on, and the loss is told as soon as somebody reads', async () => {
  await using container = new Container({
    services: SERVICES,
    options: ['--log-format', 'raw'],
    // Somebody holds the reading end, and does not read.
    inside: ['sh', '-c', 'mkfifo fifo; exec 9<>fifo; "$@" >fifo', 'sh'],
  });
  const { pid } = await reaches(container, 'noisy', 'running');
  await goesOn(container, pid);
  const lost = await dropped(container);
  assert.ok(lost > 1000, `${lost}`);
  const fd = openSync(join(container.directory, 'fifo'), 'r');
  const output = new OutputLines(createReadStream('', { fd }));
  const notice = await output.line(/^bosun: \d+ log lines were dropped: the reader of standard output/);
  assert.ok(Number(/\d+/.exec(notice)?.[0]) >= lost);
  await output.line(/^tick$/);
  // Lines are lost whole.
  const burst = output.lines.filter((line) => line.startsWith('line'));
  assert.ok(burst.every((line) => line.endsWith(LINE)));
  await container.ctl('shutdown');
  await container.end();
});

test('ENOSPC: standard output on a full disk; its lines come when there is room again', asRoot, async () => {
  const mount =
    'mkdir full; mount -t tmpfs -o size=64k tmpfs full; head -c 60000 /dev/zero > full/filler; exec "$@" >full/log';
  await using container = new Container({
    place: 'below',
    services: SERVICES,
    options: ['--log-format', 'raw'],
    // The mount is seen in here alone, and is gone with the last who sees it.
    inside: ['unshare', '--mount', 'sh', '-c', mount, 'sh'],
  });
  const { pid } = await reaches(container, 'noisy', 'running');
  await told(container, 'ENOSPC');
  await goesOn(container, pid);
  assert.ok((await dropped(container)) > 1000);
  const disk = `/proc/${await container.pid()}/root${container.directory}/full`;
  const before = statSync(join(disk, 'log')).size;
  rmSync(join(disk, 'filler'));
  await until('more of the log', () => statSync(join(disk, 'log')).size > before);
  const lines = readFileSync(join(disk, 'log'), 'utf8').split('\n').slice(0, -1);
  const burst = lines.filter((line) => line.startsWith('line'));
  // One after the other, and each of them whole: the one that met the end of the disk too.
  for (const [index, line] of burst.entries()) assert.equal(line, `line ${index + 1} ${LINE}`);
  assert.ok(burst.length > 100, `${burst.length}`);
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
});
