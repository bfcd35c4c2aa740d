// Control groups of services: what is written where, what is told when it cannot be, and whose a SIGKILL was. Against a hierarchy of
// plain files for the controllers, and against the machine's own, where there is one that may be written, for the processes.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { NO_RESOURCE_CONTROL, type ResourceControl } from '../../supervisor/core/execution-spec.ts';
import type { ExitStatus } from '../../supervisor/core/exit-status.ts';
import { type ControlFiles, controlFiles } from '../../supervisor/os/control-files.ts';
import { ControlGroup, withOomTold } from '../../supervisor/os/control-group.ts';
import { findOwnGroup } from '../../supervisor/os/own-cgroup.ts';
import { CgroupServiceGroups, type OpenedGroup } from '../../supervisor/os/service-groups.ts';
import { until } from '../support/deadline.ts';
import { OutputLines } from '../support/output-lines.ts';
import { PlainCgroup } from '../support/plain-cgroup.ts';
import { service } from '../support/specs.ts';
import { Supervised } from '../support/supervised.ts';

const TOP = '/sys/fs/cgroup';
const GROUP = `${TOP}/bosun/web`;
const ALL = ['cpuset', 'cpu', 'io', 'memory', 'pids'];
const WANTED: ResourceControl = { memoryMaxBytes: 512 << 20, cpus: 1.5, pidsMax: 200, ioWeight: 50 };
const MEMORY: ResourceControl = { ...NO_RESOURCE_CONTROL, memoryMaxBytes: 1 << 20 };

function open(
  files: ControlFiles,
  wanted: ResourceControl = WANTED,
  place: 'pid1' | 'below' = 'pid1',
): OpenedGroup {
  return new CgroupServiceGroups(files, place).open('web', wanted);
}

test('every limit is written, with its controller handed on, and Bosun has moved to a leaf', () => {
  using cgroup = new PlainCgroup(ALL, [1, 7]);
  const { group, degraded } = open(cgroup.files);
  assert.deepEqual(degraded, []);
  assert.equal(group?.joinFile, `${GROUP}/cgroup.procs`);
  const written = ['memory.max', 'cpu.max', 'pids.max', 'io.weight'].map((file) =>
    cgroup.text(`${GROUP}/${file}`),
  );
  assert.deepEqual(written, ['536870912', '150000 100000', '200', '50']);
  assert.equal(cgroup.text(`${TOP}/cgroup.procs`), '');
  assert.equal(cgroup.text(`${TOP}/bosun/_self/cgroup.procs`), '1\n7\n');
});

test('Bosun is found again when it stands in its leaf', () => {
  using cgroup = new PlainCgroup(ALL, [1]);
  cgroup.put('/proc/self/cgroup', '0::/bosun/_self\n');
  assert.deepEqual(findOwnGroup(cgroup.files), { kind: 'found', directory: TOP, level: 'below' });
});

test('only what is asked for is handed on and written', () => {
  using cgroup = new PlainCgroup(ALL, [1]);
  assert.deepEqual(open(cgroup.files, MEMORY).degraded, []);
  assert.equal(cgroup.text(`${TOP}/cgroup.subtree_control`), 'memory');
  assert.ok(!cgroup.has(`${GROUP}/pids.max`));
});

test('who asks for nothing gets no group, and nothing is touched', () => {
  using cgroup = new PlainCgroup(ALL, [1]);
  assert.deepEqual(open(cgroup.files, NO_RESOURCE_CONTROL), { group: undefined, degraded: [] });
  assert.ok(!cgroup.has(`${TOP}/bosun`));
});

test('a controller that is not there degrades its own limit alone', () => {
  using cgroup = new PlainCgroup(['memory'], [1]);
  const { degraded } = open(cgroup.files, { ...MEMORY, cpus: 1 });
  assert.deepEqual(degraded, [
    'limits.cpus is not applied: the cpu controller is not available (there is memory)',
  ]);
  assert.equal(cgroup.text(`${GROUP}/memory.max`), '1048576');
});

test('without a hierarchy that may be written every limit is told, and nothing is tried', () => {
  using cgroup = new PlainCgroup(ALL, [1]);
  cgroup.makeReadOnly();
  const reason = '/sys/fs/cgroup is mounted read-only';
  assert.deepEqual(open(cgroup.files), {
    group: undefined,
    degraded: ['memory', 'cpus', 'pids', 'io_weight'].map((key) => `limits.${key} is not applied: ${reason}`),
  });
  cgroup.put('/proc/self/mountinfo', '24 1 0:22 / / rw - overlay overlay rw\n');
  assert.match(open(cgroup.files).degraded[0] ?? '', /there is no cgroup v2 hierarchy here$/);
});

test('outside of a container nobody else is moved', () => {
  using cgroup = new PlainCgroup(ALL, [process.pid, 1]);
  assert.deepEqual(open(cgroup.files, MEMORY, 'below').degraded, [
    `limits.memory is not applied: ${TOP}/cgroup.procs has processes that are not Bosun's`,
  ]);
  assert.equal(cgroup.text(`${TOP}/cgroup.procs`), `${process.pid}\n1\n`);
});

type Operation = keyof ControlFiles;
const FAULTS: readonly (readonly [Operation, path: string, errno: string, told: RegExp])[] = [
  ['makeDirectory', `${TOP}/bosun`, 'EACCES', /\/sys\/fs\/cgroup is not writable \(EACCES\)$/],
  ['makeDirectory', `${TOP}/bosun`, 'EROFS', /is not writable \(EROFS\)$/],
  ['makeDirectory', GROUP, 'ENOSPC', /bosun\/web cannot be made \(ENOSPC\)$/],
  ['write', `${TOP}/cgroup.subtree_control`, 'EBUSY', /memory controller cannot be enabled in .*\(EBUSY\)$/],
  ['write', `${TOP}/bosun/cgroup.subtree_control`, 'EACCES', /cannot be enabled in .*bosun.*\(EACCES\)$/],
  ['write', `${TOP}/bosun/_self/cgroup.procs`, 'EACCES', /process 1 cannot be moved to .*_self \(EACCES\)$/],
  ['write', `${GROUP}/memory.max`, 'EINVAL', /memory\.max cannot be written \(EINVAL\)$/],
];
for (const [operation, at, errno, told] of FAULTS)
  test(`${errno} of ${operation} at ${at}: the limit is not applied, and why is told`, () => {
    using cgroup = new PlainCgroup(ALL, [1]);
    const fails = (path: string): boolean => path === at;
    const failing: ControlFiles = {
      ...cgroup.files,
      [operation]: (path: string, text: string) =>
        fails(path) ? { ok: false, errno } : cgroup.files[operation](path, text),
    };
    const { degraded } = open(failing, MEMORY);
    assert.equal(degraded.length, 1);
    assert.match(degraded[0] ?? '', told);
  });

test('somebody who forks while the group is vacated is moved in the next attempt', () => {
  using cgroup = new PlainCgroup(ALL, [1]);
  let forks = 1;
  const forking: ControlFiles = {
    ...cgroup.files,
    write: (path, text) => {
      if (path === `${TOP}/cgroup.subtree_control` && forks-- > 0) cgroup.put(`${TOP}/cgroup.procs`, '8\n');
      return cgroup.files.write(path, text);
    },
  };
  assert.deepEqual(open(forking, MEMORY).degraded, []);
  assert.equal(cgroup.text(`${TOP}/bosun/_self/cgroup.procs`), '1\n8\n');
});

test('a group goes with its run, and the one above with the last', () => {
  using cgroup = new PlainCgroup([], []);
  const { group } = open(cgroup.files, MEMORY);
  group?.remove();
  assert.ok(!cgroup.has(`${TOP}/bosun`));
});

test('a group in which somebody still lives stays; the next run finds it, without the limits of the one before', () => {
  using cgroup = new PlainCgroup(ALL, [1]);
  const { group } = open(cgroup.files, { ...MEMORY, pidsMax: 5 });
  cgroup.put(`${GROUP}/cgroup.procs`, '99\n');
  group?.remove();
  const again = open(cgroup.files, { ...NO_RESOURCE_CONTROL, pidsMax: 6 });
  assert.deepEqual(again.degraded, []);
  assert.equal(cgroup.text(`${GROUP}/pids.max`), '6');
  assert.equal(cgroup.text(`${GROUP}/memory.max`).trim(), 'max');
});

const KILLED = { kind: 'signal', signal: 'SIGKILL', number: 9, core: 'none', by: 'unknown' } as const;

test('a SIGKILL is the OOM killer’s when it has taken somebody since the run began', () => {
  using cgroup = new PlainCgroup(ALL, [1]);
  const events = `${GROUP}/memory.events`;
  const first = open(cgroup.files, MEMORY).group;
  assert.deepEqual(withOomTold(KILLED, first), KILLED);
  cgroup.put(events, 'low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n');
  assert.deepEqual(withOomTold(KILLED, first), { ...KILLED, by: 'oom' });
  const ended = { ...KILLED, signal: 'SIGTERM', number: 15 } as const;
  assert.deepEqual(withOomTold(ended, first), ended);
  assert.deepEqual(withOomTold({ kind: 'code', code: 1 }, first), { kind: 'code', code: 1 });
  // The count of a group that is still in use is of the run before.
  cgroup.put(`${GROUP}/cgroup.procs`, '99\n');
  assert.deepEqual(withOomTold(KILLED, open(cgroup.files, MEMORY).group), KILLED);
});

/** A group of plain files that a shell can write to, with a service that kills itself when it finds `go` beside them. */
async function killedIn(group: 'by itself' | 'by us'): Promise<ExitStatus> {
  const directory = mkdtempSync(join(tmpdir(), 'bosun-group-'));
  try {
    writeFileSync(join(directory, 'memory.events'), 'oom_kill 0\n');
    for (const name of ['cgroup.procs', 'cgroup.kill']) writeFileSync(join(directory, name), '');
    const groups = { open: () => ({ group: new ControlGroup(controlFiles, directory), degraded: [] }) };
    using supervised = new Supervised(undefined, groups);
    const script = `while [ ! -e ${directory}/go ]; do sleep 0.01; done; kill -KILL $$`;
    const spec = service('s', { command: ['sh', '-c', script], environment: { PATH: '/usr/bin:/bin' } });
    const { run } = supervised.launch(spec);
    await until('it to have joined', () => readFileSync(join(directory, 'cgroup.procs'), 'utf8') === '0\n');
    writeFileSync(join(directory, 'memory.events'), 'oom_kill 1\n');
    if (group === 'by us') supervised.runs.signalGroup(run, 'SIGKILL');
    else writeFileSync(join(directory, 'go'), '');
    return (await supervised.exit(run)).exit;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('the exit of a run says oom, but not of a run that we have killed ourselves', async () => {
  assert.deepEqual(await killedIn('by itself'), { ...KILLED, by: 'oom' });
  assert.deepEqual(await killedIn('by us'), KILLED);
});

test('a launch that fails leaves no group', () => {
  using cgroup = new PlainCgroup(['memory'], [1]);
  using supervised = new Supervised(undefined, new CgroupServiceGroups(cgroup.files, 'pid1'));
  const { launch } = supervised.launch(service('web', { command: ['no-such'], resourceControl: MEMORY }));
  assert.equal(launch.kind, 'failed');
  assert.ok(cgroup.has(`${TOP}/bosun/_self`) && !cgroup.has(GROUP));
});

/** The machine's own, for what no imitation can tell. */
const own = findOwnGroup(controlFiles);
const mayWrite = own.kind === 'found' && process.getuid?.() === 0 && mayMake(own.directory);
const REAL = { skip: mayWrite ? false : 'there is no cgroup v2 hierarchy here that may be written' };

function mayMake(directory: string): boolean {
  const probe = `${directory}/bosun-test-${process.pid}`;
  if (!controlFiles.makeDirectory(probe).ok) return false;
  rmdirSync(probe);
  return true;
}

test(
  'in a real hierarchy: its leader and all its children are in the group from their first instruction',
  REAL,
  async () => {
    using supervised = new Supervised(undefined, new CgroupServiceGroups(controlFiles, 'below'));
    const spec = service(`t${process.pid}`, {
      command: ['sh', '-c', 'grep ^0:: /proc/self/cgroup; sh -c "grep ^0:: /proc/self/cgroup"; echo end'],
      environment: { PATH: '/usr/bin:/bin' },
      resourceControl: MEMORY,
    });
    const { run, launch } = supervised.launch(spec);
    if (launch.kind === 'failed') throw new Error(launch.error.message);
    const stdout = new OutputLines(
      new Socket({ fd: launch.pipes.stdout ?? -1, readable: true, writable: false }),
    );
    await stdout.line(/end/);
    const [leader, child] = stdout.lines;
    assert.match(leader ?? '', new RegExp(`/bosun/t${process.pid}$`));
    assert.equal(child, leader);
    await supervised.groupGone(run);
    const directory = launch.controlGroup?.joinFile.replace('/cgroup.procs', '') ?? '';
    assert.ok(directory.endsWith(`/bosun/t${process.pid}`) && !existsSync(directory));
  },
);

test(
  'in a real hierarchy: SIGKILL reaches whoever has left the process group and its session',
  REAL,
  async () => {
    using supervised = new Supervised(undefined, new CgroupServiceGroups(controlFiles, 'below'));
    // In a session of its own, and nobody's descendant: no signal to a group finds it, and no look at who is whose child.
    const script = '(setsid sh -c "echo stray \\$\\$; exec sleep 1000" &); sleep 1000';
    const spec = service(`k${process.pid}`, {
      command: ['sh', '-c', script],
      environment: { PATH: '/usr/bin:/bin' },
      resourceControl: MEMORY,
    });
    const { run, launch } = supervised.launch(spec);
    if (launch.kind === 'failed') throw new Error(launch.error.message);
    const stdout = new OutputLines(
      new Socket({ fd: launch.pipes.stdout ?? -1, readable: true, writable: false }),
    );
    const stray = (await stdout.line(/^stray/)).slice(6);
    const directory = launch.controlGroup?.joinFile.replace('/cgroup.procs', '') ?? '';
    assert.match(readFileSync(`${directory}/cgroup.procs`, 'utf8'), new RegExp(`^${stray}$`, 'm'));
    supervised.runs.signalGroup(run, 'SIGKILL');
    await supervised.groupGone(run);
    await until('the end of the stray', () => !existsSync(`/proc/${stray}`));
    // The stray may have been dying still when the run was gone; then its group waits for the next run.
    controlFiles.removeDirectory(directory);
    controlFiles.removeDirectory(dirname(directory));
    assert.ok(!existsSync(directory));
  },
);
