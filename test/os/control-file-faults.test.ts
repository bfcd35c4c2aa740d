// Every read and write of a kernel file system fails with every errno that its man page names, at every place where Bosun does it: the
// service runs, what it does not have is told, and the limits are in force when the fault is over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_RESOURCE_CONTROL } from '../../supervisor/core/execution-spec.ts';
import type { ControlFiles } from '../../supervisor/os/control-files.ts';
import { CgroupServiceGroups, type OpenedGroup } from '../../supervisor/os/service-groups.ts';
import { FaultyBosun } from '../support/faulty-bosun.ts';
import { FaultyCalls } from '../support/faulty-calls.ts';
import { PlainCgroup } from '../support/plain-cgroup.ts';
import { CONTROL_FILE_ERRNOS } from './support/errnos.ts';

const MEMORY = { ...NO_RESOURCE_CONTROL, memoryMaxBytes: 1_048_576 };
const LIMIT = '/sys/fs/cgroup/bosun/web/memory.max';

class Rig implements Disposable {
  readonly cgroup = new PlainCgroup(['memory'], [1]);
  readonly faulty = new FaultyCalls(this.cgroup.files);

  open(): OpenedGroup {
    return new CgroupServiceGroups(this.faulty.calls, 'pid1').open('web', MEMORY);
  }

  /** A whole life of a run's group. */
  live(): readonly string[] {
    const { group, degraded } = this.open();
    group?.kill();
    group?.wasHitByOom();
    group?.remove();
    return degraded;
  }

  /** With the group still there. */
  isLimited(): boolean {
    return this.cgroup.has(LIMIT) && this.cgroup.text(LIMIT) === '1048576';
  }

  [Symbol.dispose](): void {
    this.cgroup[Symbol.dispose]();
  }
}

/** How many calls of this kind there are in a life without faults. */
function callsOf(call: keyof ControlFiles): number {
  using rig = new Rig();
  assert.deepEqual(rig.live(), []);
  return rig.faulty.counts(call).called;
}

/** Without it a limit is not in force; what a removal leaves is found by the next run. */
const NEEDED = { read: true, write: true, makeDirectory: true, removeDirectory: false } as const;

for (const [call, { man, errnos }] of Object.entries(CONTROL_FILE_ERRNOS) as [
  keyof ControlFiles,
  (typeof CONTROL_FILE_ERRNOS)[keyof ControlFiles],
][])
  for (const errno of errnos)
    test(`${man} as ${call}: ${errno}, everywhere and in each place alone`, () => {
      {
        using rig = new Rig();
        rig.faulty.fail({ call, errno });
        const told = rig.live().join();
        assert.ok(rig.faulty.counts(call).failed > 0);
        // A directory that is there already is no failure, nor is a /proc without it.
        const tells = NEEDED[call] && errno !== 'EEXIST' && !(call === 'read' && errno === 'ENOENT');
        if (tells) assert.match(told, new RegExp(`^limits\\.memory is not applied: .*\\(${errno}\\)`));
        // What an earlier run has left is used again.
        if (call === 'removeDirectory') {
          assert.deepEqual(rig.open().degraded, []);
          assert.ok(rig.isLimited());
        }
      }
      const places = callsOf(call);
      for (let after = 0; after < places; after++) {
        using rig = new Rig();
        rig.faulty.fail({ call, errno, after, times: 1 });
        const { group, degraded } = rig.open();
        // Without saying so it may not be without its limit.
        if (degraded.length === 0) assert.ok(rig.isLimited(), `${errno} in place ${after} is not told`);
        group?.kill();
        group?.remove();
        rig.faulty.clear();
        assert.deepEqual(rig.open().degraded, []);
        assert.ok(rig.isLimited());
      }
    });

test('a service whose control group cannot be made runs, and its status says what it does not have', async () => {
  const confined = 'command: [/bin/sleep, "100000"]\nlimits: {memory: 64M}\n';
  await using bosun = await FaultyBosun.start({ services: { confined } }, [
    { call: 'makeDirectory', errno: 'EROFS' },
  ]);
  const { degraded } = await bosun.reaches('confined', 'running');
  assert.match(degraded.join(), /limits\.memory is not applied: .*\(EROFS\)/);
  await bosun.isUnharmed();
});
