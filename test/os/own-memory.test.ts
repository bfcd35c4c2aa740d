// What the container's own control group tells of the OOM killer, as files of both versions of cgroups(7) have it under Docker.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withOomTold } from '../../supervisor/os/control-group.ts';
import type { ControlFiles } from '../../supervisor/os/control-files.ts';
import { OwnMemory } from '../../supervisor/os/own-memory.ts';

type Files = Record<string, string>;

function reading(files: Files): Pick<ControlFiles, 'read'> {
  return {
    read: (path) => {
      const text = files[path];
      return text === undefined ? { ok: false, errno: 'ENOENT' } : { ok: true, value: text };
    },
  };
}

const ROOT = '24 1 0:22 / / rw,relatime - overlay overlay rw\n';
const V1_EVENTS = '/sys/fs/cgroup/memory/memory.oom_control';
const V2_EVENTS = '/sys/fs/cgroup/memory.events';

/** Both at once, as a hybrid machine has them; version 2 without the memory controller. */
function versionOne(kills: number): Files {
  return {
    '/proc/self/cgroup': '9:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/docker/abc\n',
    '/proc/self/mountinfo':
      `${ROOT}40 24 0:30 /docker/abc /sys/fs/cgroup/cpu ro,nosuid - cgroup cgroup rw,cpu,cpuacct\n` +
      '41 24 0:31 /docker/abc /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory\n' +
      '42 24 0:32 /docker/abc /sys/fs/cgroup/unified ro,nosuid - cgroup2 cgroup rw\n',
    [V1_EVENTS]: `oom_kill_disable 0\nunder_oom 0\noom_kill ${kills}\n`,
  };
}

function versionTwo(kills: number): Files {
  return {
    '/proc/self/cgroup': '0::/\n',
    '/proc/self/mountinfo': `${ROOT}41 24 0:31 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n`,
    [V2_EVENTS]: `low 0\nhigh 0\nmax 8\noom 3\noom_kill ${kills}\n`,
  };
}

for (const [version, files, path] of [
  [1, versionOne(2), V1_EVENTS],
  [2, versionTwo(2), V2_EVENTS],
] as const)
  test(`version ${version}: what was before is not told, what comes is told once`, () => {
    const memory = new OwnMemory(reading(files));
    assert.equal(memory.wasHitByOom(), false);
    files[path] = (files[path] ?? '').replace('oom_kill 2', 'oom_kill 3');
    assert.equal(memory.wasHitByOom(), true);
    assert.equal(memory.wasHitByOom(), false);
  });

test('a Bosun that stands in its own leaf, as after an upgrade, reads of the group above', () => {
  const files: Files = { ...versionTwo(2), '/proc/self/cgroup': '0::/bosun/_self\n' };
  const memory = new OwnMemory(reading(files));
  files[V2_EVENTS] = 'oom_kill 3\n';
  assert.equal(memory.wasHitByOom(), true);
});

test('the whole machine has no such group, and nothing is told of it', () => {
  const memory = new OwnMemory(reading({ ...versionTwo(0), [V2_EVENTS]: 'low 0\n' }));
  assert.equal(memory.wasHitByOom(), false);
  assert.equal(new OwnMemory(reading({})).wasHitByOom(), false);
});

test('only a SIGKILL can be of the OOM killer; one that a group has told is not told by the other too', () => {
  const files = versionTwo(0);
  const memory = new OwnMemory(reading(files));
  files[V2_EVENTS] = 'oom_kill 1\n';
  const killed = { kind: 'signal', signal: 'SIGKILL', number: 9, core: 'none', by: 'unknown' } as const;
  const group = { wasHitByOom: () => true };
  assert.deepEqual(withOomTold({ kind: 'code', code: 1 }, memory), { kind: 'code', code: 1 });
  assert.deepEqual(withOomTold(killed, group, memory), { ...killed, by: 'oom' });
  assert.deepEqual(withOomTold(killed, undefined, memory), killed);
});
