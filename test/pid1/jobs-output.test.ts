// The output of jobs at scale, with a real Bosun: every reader gets every byte of both streams, whenever it joins, also when the control
// plane is replaced while it reads.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'node:test';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import type { JobView } from '../../supervisor/wire/job-view.ts';
import { Container } from '../support/container.ts';
import { reaches } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';

const SERVICES = { idle: 'command: [sleep, "100000"]\n' };

/** `rest`: a shell's command between the rounds. */
type Shape = { readonly rounds: number; readonly lines: number; readonly rest: string };

/** Both streams in turns, in rounds. */
function writer(name: number, { rounds, lines, rest }: Shape): readonly string[] {
  const program = `BEGIN {
    for (i = 0; i < ${rounds}; i++) {
      for (j = 0; j < ${lines}; j++) {
        print "job ${name} out " i " " j
        print "job ${name} err " i " " j > "/dev/stderr"
      }
      fflush()
      system("${rest}")
    }
  }`;
  return ['awk', program];
}

function expected(name: number, stream: 'out' | 'err', { rounds, lines }: Shape): string {
  const hash = createHash('sha256');
  for (let round = 0; round < rounds; round += 1)
    for (let line = 0; line < lines; line += 1) hash.update(`job ${name} ${stream} ${round} ${line}\n`);
  return hash.digest('hex');
}

type Read = {
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: number;
  readonly status: string;
};

async function readAll(client: BosunClient, job: number): Promise<Read> {
  const hashes = { stdout: createHash('sha256'), stderr: createHash('sha256') };
  let bytes = 0;
  let status = 'no end';
  for await (const piece of client.jobs.output(job)) {
    if (piece.kind === 'bytes') {
      hashes[piece.stream].update(piece.bytes);
      bytes += piece.bytes.length;
    } else if (piece.kind === 'end') status = piece.end.status;
    else status = `loss: ${JSON.stringify(piece)}`;
  }
  return { stdout: hashes.stdout.digest('hex'), stderr: hashes.stderr.digest('hex'), bytes, status };
}

function assertWhole(read: Read, name: number, shape: Shape): void {
  assert.equal(read.status, 'exited: 0', `job ${name}`);
  assert.equal(read.stdout, expected(name, 'out', shape), `stdout of job ${name}, ${read.bytes} bytes`);
  assert.equal(read.stderr, expected(name, 'err', shape), `stderr of job ${name}, ${read.bytes} bytes`);
}

/** proc(5), in MB. */
function memoryMb(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024);
}

/** The numerical recipes' generator: the same times in each run of the test. */
function randoms(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

const READERS = 5;

test('200 jobs at once, each with 5 readers that join at random times: every byte of both streams', async (t) => {
  const jobs = 200;
  await using container = new Container({
    place: 'below',
    services: SERVICES,
    options: ['--log-format', 'raw'],
  });
  await reaches(container, 'idle', 'running');
  const client = new BosunClient(container.socket);
  const go = join(container.directory, 'go');
  // The first round of each ends when all of them live.
  const shape = { rounds: 12, lines: 200, rest: `while [ ! -e ${go} ]; do sleep 0.1; done; sleep 0.2` };
  const pid = await container.pid();
  const restMb = memoryMb(pid, 'VmRSS');
  const random = randoms(4);
  const begunMs = performance.now();
  const reads: Promise<void>[] = [];
  const names = Array.from({ length: jobs }, (_, name) => name);
  const starters = Array.from({ length: 16 }, async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const { id } = await client.jobs.run({ command: writer(name, shape) });
      const own = name;
      const read = async (): Promise<void> => {
        assertWhole(await readAll(client, id), own, shape);
      };
      for (let reader = 2; reader < READERS; reader += 1) reads.push(pause(random() * 4000).then(read));
      // The last one joins after the end.
      reads.push(read().then(read));
    }
  });
  await Promise.all(starters);
  const { jobs: views } = await client.jobs.list();
  assert.equal(views.filter(({ state }) => state === 'running').length, jobs);
  const startedMs = performance.now();
  writeFileSync(go, '');
  await Promise.all(reads);
  const seconds = (fromMs: number, toMs: number): string => ((toMs - fromMs) / 1000).toFixed(1);
  const peakMb = memoryMb(pid, 'VmHWM');
  t.diagnostic(
    `${jobs} jobs begun in ${seconds(begunMs, startedMs)} s, ${READERS * jobs} readers done after ` +
      `${seconds(begunMs, performance.now())} s; Bosun: ${restMb} MB before, ${peakMb} MB at most`,
  );
  assert.ok(peakMb < restMb + 250, `${peakMb} MB`);
});

test('a control plane that is replaced in mid-stream: nothing is lost, nothing comes twice', async () => {
  await using container = new Container({
    place: 'below',
    services: SERVICES,
    options: ['--log-format', 'raw'],
    environment: { BOSUN_FAULT_INJECTION: 'plane' },
  });
  await reaches(container, 'idle', 'running');
  const client = new BosunClient(container.socket);
  const hurry = join(container.directory, 'hurry');
  const shape = { rounds: 600, lines: 20, rest: `[ -e ${hurry} ] || sleep 0.05` };
  const names = [0, 1, 2, 3, 4, 5, 6, 7];
  const views = await Promise.all(names.map((name) => client.jobs.run({ command: writer(name, shape) })));
  const reads = names.map((name) => readAll(client, views[name]?.id ?? 0));
  const first = views[0]?.id ?? 0;
  const look = (): Promise<JobView | undefined> => client.jobs.get(first).catch(() => undefined);
  for (let crash = 1; crash <= 3; crash += 1) {
    const before = await until('an answer', look);
    assert.equal(before.status, 'running', 'the jobs must outlive the crashes of this test');
    await container.signal('SIGUSR2');
    await until('more output under the new control plane', async () => {
      const { events } = await client.events({ types: ['plane-restarted'] }).catch(() => ({ events: [] }));
      const now = events.length < crash ? undefined : await look();
      return now !== undefined && now.output.bytes > before.output.bytes;
    });
  }
  writeFileSync(hurry, '');
  for (const [name, read] of (await Promise.all(reads)).entries()) assertWhole(read, name, shape);
  // And after the end, from the file.
  for (const name of names) assertWhole(await readAll(client, views[name]?.id ?? 0), name, shape);
});
