import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BosunEvent } from '../../supervisor/core/event.ts';
import type { Pid } from '../../supervisor/core/names.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { comesUp, name, nowMs, run, service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig, type Engine } from '../plane/support/plane-rig.ts';
import { bosunctl, type Ran } from './support/bosunctl.ts';

type Shown = (...words: string[]) => Promise<Ran>;

async function withBosun(
  services: readonly ServiceSpec[],
  history: readonly BosunEvent[],
  look: (ctl: Shown) => Promise<void>,
  engine?: Engine,
): Promise<void> {
  await using rig = await PlaneRig.start({ services, history, ...(engine && { engine }) });
  await look(async (...words) => bosunctl(words, { BOSUN_SOCKET: rig.socketPath }));
}

function unwrapped(text: string): string {
  assert.ok(
    text.split('\n').every((line) => line.length <= 80),
    text,
  );
  return text.replaceAll(/\n +/g, ' ');
}

const APP = { service: name('app'), run: run(1) } as const;

function spawned(degraded: readonly string[]): readonly BosunEvent[] {
  const [starting, , ready] = comesUp('app', 1);
  assert.ok(starting && ready);
  return [starting, { type: 'spawned', ...APP, pid: 5 as Pid, degraded }, ready];
}

test('a service that has not all it was promised stands out; it changes no exit code', async () => {
  const history = spawned(['no memory limit: the control group cannot be written']);
  await withBosun([service('app')], history, async (ctl) => {
    const { code, stdout } = await ctl('status');
    assert.equal(code, 0);
    assert.match(
      unwrapped(stdout),
      /^app +running .* ! degraded: no memory limit: the control group cannot/m,
    );
    const one = await ctl('status', 'app');
    assert.match(unwrapped(one.stdout), /^degraded: +no memory limit: the control group cannot be written$/m);
    assert.equal((await ctl('health')).code, 0);
  });
});

test('what a service says of itself is shown, and can do nothing to the terminal', async () => {
  const text = 'serving \u001b[31m3\u0007 requests\nfor you';
  await withBosun([service('app')], [...spawned([]), { type: 'status-told', ...APP, text }], async (ctl) => {
    for (const words of [['status'], ['status', 'app'], ['why', 'app']]) {
      const { stdout } = await ctl(...words);
      assert.match(stdout, /serving {1,2}\[31m3 {1,2}requests for you/);
      assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f]/);
    }
  });
});

test('what a run left behind, the hook that failed, why it is being stopped: in why and in full', async () => {
  const history: readonly BosunEvent[] = [
    ...spawned([]),
    { type: 'strays-found', ...APP, strays: [{ pid: 7 as Pid, name: 'worker' }] },
    { type: 'stopping', ...APP, cause: 'liveness-failed', killAtMs: nowMs() + 100_000, exit: undefined },
    { type: 'hook-finished', ...APP, hook: 'stop', outcome: { kind: 'failed', detail: 'exit code 2' } },
  ];
  await withBosun([service('app')], history, async (ctl) => {
    const why = (await ctl('why', 'app')).stdout.replaceAll('\n', ' ');
    assert.match(why, /It is stopped because it was not alive any more\./);
    assert.match(why, /Its hook stop failed in this run: exit code 2\./);
    assert.match(why, /Run 1 has left processes behind, which may live still: worker \(pid 7\)\./);
    assert.match(why, /SIGKILL follows in \d+ s unless it ends before\./);
    const one = (await ctl('status', 'app')).stdout;
    assert.match(one, /^left behind: +worker \(pid 7, run 1\)$/m);
    assert.match(one, /^next: +SIGKILL in \d+ s, at 20\d\d-/m);
  });
});

test('the container is being stopped: the rest of the budget stands over the table', async () => {
  const shutdown: BosunEvent = {
    type: 'shutdown-started',
    reason: { kind: 'command' },
    exitCode: 0,
    atMs: nowMs(),
    budgetMs: 100_000,
  };
  await withBosun([service('app')], [...spawned([]), shutdown], async (ctl) => {
    const { stdout } = await ctl('status');
    assert.match(stdout, /^Bosun is stopping: \d+ s to SIGKILL, the end in \d+ s at the latest\.\n/);
  });
});

const TIMER = service('app', { type: 'timer', schedule: { kind: 'every', periodMs: 60_000 } });
const SCHEDULED: BosunEvent = {
  type: 'scheduled',
  service: APP.service,
  due: { clock: 'wall', atMs: Date.parse('2999-01-01T03:00:00Z') },
};
const ENDED: BosunEvent = { type: 'exited', ...APP, exit: { kind: 'code', code: 0 } };

test('start of a scheduled timer waits for the run; of a stopped one for its schedule', async () => {
  const runNow: Engine = (command, own) => {
    own.emit([{ type: 'waiting', service: APP.service }], command.id);
    setImmediate(() => {
      own.emit([...comesUp('app', 1).slice(0, 2), ENDED, SCHEDULED]);
    });
    return { kind: 'accepted', services: [APP.service] };
  };
  await withBosun(
    [TIMER],
    [SCHEDULED],
    async (ctl) => {
      assert.match(unwrapped((await ctl('status')).stdout), /^app +scheduled .* next run in \d+ d$/m);
      const { code, stdout } = await ctl('start', 'app');
      assert.equal(code, 0);
      assert.match(
        unwrapped(stdout),
        /^app was run now and exited with code 0; next run in \d+ d, at 2999-01-01T03:00:00\.000Z\n$/,
      );
    },
    runNow,
  );
  const again: Engine = (_command, own) => {
    own.emit([{ type: 'wanted', service: APP.service, wanted: 'up' }, SCHEDULED]);
    return { kind: 'accepted', services: [APP.service] };
  };
  await withBosun(
    [TIMER],
    [{ type: 'wanted', service: APP.service, wanted: 'down' }],
    async (ctl) => {
      assert.match((await ctl('start', 'app')).stdout, /^app is scheduled: next run in \d+ d, at 2999-01-01/);
    },
    again,
  );
});
