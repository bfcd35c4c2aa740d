// Real processes, looked up in the real /proc; only the reads are counted on the way.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import test from 'node:test';
import { procFiles, type ProcFiles } from '../../../supervisor/plane/metrics/proc-files.ts';
import { ProcessSampler, type TreeSample } from '../../../supervisor/plane/metrics/process-sampler.ts';
import { inodeOf } from '../../../supervisor/plane/metrics/tcp-sockets.ts';
import type { Used } from '../../../supervisor/plane/metrics/used-resources.ts';
import { until } from '../../support/deadline.ts';

const NOTHING: Used = { userSeconds: 0, systemSeconds: 0, readBytes: 0, writtenBytes: 0 };

type Counted = { readonly files: ProcFiles; readonly reads: Map<string, number> };

/** `pid`: only what is read of these counts. */
function counting(only: (pid: number) => boolean): Counted {
  const reads = new Map<string, number>();
  const counted =
    <Args extends readonly unknown[], Result>(name: string, read: (...args: Args) => Result) =>
    (...args: Args): Result => {
      if (typeof args[0] !== 'number' || only(args[0])) reads.set(name, (reads.get(name) ?? 0) + 1);
      return read(...args);
    };
  const files: ProcFiles = {
    pids: counted('pids', procFiles.pids),
    stat: counted('stat', procFiles.stat),
    io: counted('io', procFiles.io),
    limits: counted('limits', procFiles.limits),
    cgroup: counted('cgroup', procFiles.cgroup),
    environ: counted('environ', procFiles.environ),
    smapsRollup: counted('smapsRollup', procFiles.smapsRollup),
    countFds: counted('countFds', procFiles.countFds),
    fdLinks: counted('fdLinks', procFiles.fdLinks),
    tcp: counted('tcp', procFiles.tcp),
    auxv: counted('auxv', procFiles.auxv),
  };
  return { files, reads };
}

/** Three processes in a session of their own, until the test is over. */
class ThreeProcesses implements AsyncDisposable {
  readonly child: ChildProcess;

  constructor(script = 'sleep 1000 & sleep 1000 & wait') {
    this.child = spawn('/bin/sh', ['-c', script], { stdio: 'ignore', detached: true });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended =
      this.child.exitCode === null && this.child.signalCode === null ? once(this.child, 'exit') : undefined;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // It is gone.
    }
    await ended;
  }
}

async function take(
  sampler: ProcessSampler,
  pid: number,
  memory: 'resident' | 'proportional' = 'resident',
): Promise<TreeSample> {
  const samples = await sampler.sample({
    leaders: new Map([[pid, 'web']]),
    waited: new Map([['web', NOTHING]]),
    memory,
  });
  const found = samples.get('web');
  assert.ok(found);
  return found;
}

test('each process costs one read of stat, one of io and one of its descriptors; the leader one of its limits', async () => {
  await using tree = new ThreeProcesses();
  const plain = new ProcessSampler(procFiles, process.pid);
  await until('three processes', async () => (await take(plain, tree.pid)).processes === 3);
  const { files, reads } = counting((pid) => pid === tree.pid || parentOf(pid) === tree.pid);
  // No socket is anybody's here: then no descriptor is looked at.
  const sampler = new ProcessSampler({ ...files, tcp: () => '' }, process.pid);
  for (let scrape = 1; scrape <= 3; scrape++) {
    reads.clear();
    const { processes } = await take(sampler, tree.pid);
    assert.equal(processes, 3);
    assert.deepEqual(Object.fromEntries([...reads].filter(([name]) => name !== 'auxv')), {
      pids: 1,
      stat: 3,
      io: 3,
      countFds: 3,
      limits: 1,
    });
  }
});

test('memory in proportion is looked up only when it is asked for', async () => {
  await using tree = new ThreeProcesses(`exec ${process.execPath} -e 'setInterval(() => 0, 100000)'`);
  const { files, reads } = counting(() => true);
  const sampler = new ProcessSampler(files, process.pid);
  const resident = await until('its memory', async () => {
    const found = await take(sampler, tree.pid);
    return found.residentBytes > 30 * 1024 * 1024 && found;
  });
  assert.equal(resident.proportionalBytes, undefined);
  assert.equal(reads.get('smapsRollup'), undefined);
  const { proportionalBytes, residentBytes } = await take(sampler, tree.pid, 'proportional');
  assert.ok(proportionalBytes !== undefined && proportionalBytes > 1024 * 1024);
  assert.ok(proportionalBytes < residentBytes, `${proportionalBytes} of ${residentBytes}`);
});

test('sockets are found by state; after that only whoever has some is asked for its descriptors', async () => {
  // The shell holds a connection that it was given, and hands it down to one of its children.
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ours = once(server, 'connection');
  const script = `
    const { connect, createServer } = require('node:net');
    const own = createServer().listen(0, '127.0.0.1', () => connect(${port}, '127.0.0.1'));
    require('node:child_process').spawn('sleep', ['1000'], { stdio: 'ignore' });
  `;
  await using tree = new ThreeProcesses(`${process.execPath} -e '${script.replaceAll("'", `'"'"'`)}' & wait`);
  const [accepted] = (await ours) as [Socket];
  try {
    const { files, reads } = counting((pid) => pid === tree.pid || parentOf(pid) === tree.pid);
    // Without the sockets of whatever else runs on this machine.
    const near = { ...files, tcp: (version: 'tcp' | 'tcp6') => socketsOf(version, tree.pid) };
    const sampler = new ProcessSampler(near, process.pid);
    const sample = await take(sampler, tree.pid);
    assert.equal(sample.connections.get('listen'), 1);
    assert.equal(sample.connections.get('established'), 1);
    assert.equal(sample.processes, 3);
    reads.clear();
    const again = await take(sampler, tree.pid);
    assert.deepEqual(again.connections, sample.connections);
    // The socket at this end belongs to this process, which is no service.
    assert.equal(reads.get('fdLinks'), 1);
    accepted.destroy();
    await until('the connection to have ended', async () => {
      const { connections } = await take(sampler, tree.pid);
      return connections.get('established') === undefined;
    });
  } finally {
    accepted.destroy();
    server.close();
  }
});

test('numbers are those of /proc, and of what the kernel has said', async () => {
  await using tree = new ThreeProcesses(`ulimit -n 77; exec ${process.execPath} -e '
    const keep = Array.from({ length: 20 }, () => require("node:fs").openSync("/dev/null"));
    const memory = Buffer.alloc(64 * 1024 * 1024, 1);
    setInterval(() => keep.length + memory.length, 100000);
  '`);
  const sampler = new ProcessSampler(procFiles, process.pid);
  const sample = await until('its memory', async () => {
    const found = await take(sampler, tree.pid);
    return found.residentBytes > 100 * 1024 * 1024 && found;
  });
  assert.equal(sample.maxFds, 77);
  assert.equal(sample.openFds, procFiles.fdLinks(tree.pid).length);
  assert.equal(sample.mostOpenFds, sample.openFds);
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(statusOf(tree.pid))?.[1]);
  assertClose(sample.residentBytes, kilobytes * 1024, 0.05);
  assert.equal(sample.threads, Number(/Threads:\s+(\d+)/.exec(statusOf(tree.pid))?.[1]));
});

test('while a long sample is taken, others have their turn', async () => {
  await using tree = new ThreeProcesses();
  let turns = 0;
  const count = (): void => {
    turns += 1;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  // Each look takes its time, so that the whole takes many times as long as one piece may.
  const slow = (pid: number): string | undefined => {
    const untilMs = performance.now() + 1;
    while (performance.now() < untilMs);
    return procFiles.stat(pid);
  };
  const sampler = new ProcessSampler({ ...procFiles, stat: slow }, process.pid);
  const beganAtMs = performance.now();
  await take(sampler, tree.pid);
  clearImmediate(timer);
  const tookMs = performance.now() - beganAtMs;
  // A piece is 5 ms; a machine that is busy makes it longer, never shorter.
  assert.ok(turns >= 5, `${turns} turns in ${tookMs} ms`);
});

test('a process that ends while it is looked up is left out', async () => {
  await using tree = new ThreeProcesses();
  const sampler = new ProcessSampler(
    {
      ...procFiles,
      pids: () => [...procFiles.pids(), 0x3ffffe],
      io: () => undefined,
      countFds: () => undefined,
    },
    process.pid,
  );
  const sample = await take(sampler, tree.pid);
  assert.equal(sample.openFds, 0);
  assert.equal(sample.io, 'hidden');
});

/** Of the children of a process, and of this one. */
function socketsOf(version: 'tcp' | 'tcp6', parent: number): string {
  const near = procFiles.pids().filter((pid) => pid === process.pid || parentOf(pid) === parent);
  const inodes = new Set(
    near.flatMap((pid) => procFiles.fdLinks(pid)).flatMap((link) => inodeOf(link) ?? []),
  );
  const lines = procFiles.tcp(version).split('\n');
  return lines
    .filter((line, index) => index === 0 || inodes.has(line.trim().split(/ +/)[9] ?? ''))
    .join('\n');
}

function parentOf(pid: number): number | undefined {
  return Number(/PPid:\s+(\d+)/.exec(statusOf(pid))?.[1]);
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return '';
  }
}

function assertClose(one: number, other: number, share: number): void {
  assert.ok(Math.abs(one - other) <= share * other, `${one} is not within ${share * 100} % of ${other}`);
}
