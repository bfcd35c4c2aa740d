// Jobs in a process that is not Bosun's alone: it has children of its own, and is neither PID 1 nor a subreaper. In a file of its own,
// because a process that has become a subreaper stays one.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import type { JobId } from '../../supervisor/core/names.ts';
import { libc } from '../../supervisor/os/libc.ts';
import { processState } from '../support/container.ts';
import { until, within } from '../support/deadline.ts';
import { FaultyCalls } from '../support/faulty-calls.ts';
import { JobRig } from '../support/job-rig.ts';
import { job } from '../support/specs.ts';

async function codeOf(rig: JobRig, id: JobId): Promise<number | undefined> {
  const end = await rig.ended(id);
  return end.kind === 'exited' && end.exit.kind === 'code' ? end.exit.code : undefined;
}

test('its child keeps its exit event, and jobs have theirs', async () => {
  using rig = new JobRig({ reaped: 'own' });
  const ids: JobId[] = [];
  for (let round = 0; round < 20; round++) {
    const child = spawn('sh', ['-c', `exit ${round}`]);
    ids.push(rig.run(job(`exit ${100 + round}`)));
    const [code] = (await within('the exit of a foreign child', once(child, 'exit'))) as [number | null];
    assert.equal(code, round);
  }
  for (const [round, id] of ids.entries()) assert.equal(await codeOf(rig, id), 100 + round);
  assert.deepEqual(rig.faults, []);
});

test('what a leader leaves behind in its session is ended at the first request, although it goes to another process', async () => {
  using rig = new JobRig({ reaped: 'own' });
  const script = 'set -m; sleep 1000 & echo $!; exit 3';
  const id = rig.run(job(script, { command: ['bash', '-c', script] }));
  assert.equal(await codeOf(rig, id), 3);
  await rig.says(id, 'stdout', /\d\n/);
  const rest = Number(rig.output(id, 'stdout'));
  assert.ok([undefined, 'Z'].includes(processState(rest)), 'it lives');
  const signals = rig.events.flatMap((event) => (event.type === 'job-pressed' ? [event.signal] : []));
  assert.deepEqual(signals, ['SIGTERM']);
});

test('what nobody waits for, as in an application that is PID 1, holds no job up', async () => {
  libc.becomeSubreaper();
  using rig = new JobRig({ reaped: 'own' });
  const script = 'set -m; sleep 1000 & echo $!; exit 3';
  const id = rig.run(job(script, { command: ['bash', '-c', script] }));
  assert.equal(await codeOf(rig, id), 3);
  await rig.says(id, 'stdout', /\d\n/);
  assert.equal(processState(Number(rig.output(id, 'stdout'))), 'Z');
  const signals = rig.events.flatMap((event) => (event.type === 'job-pressed' ? [event.signal] : []));
  assert.deepEqual(signals, ['SIGTERM']);
});

test('a wait that fails is told and tried again; the exit is not lost', async () => {
  const faulty = new FaultyCalls(libc);
  using rig = new JobRig({ calls: faulty.calls, reaped: 'own' });
  faulty.fail({ call: 'takeExited', errno: 'EINVAL', times: 2 });
  assert.equal(await codeOf(rig, rig.run(job('exit 5'))), 5);
  await until('that it is told', () => rig.faults.length > 0);
  assert.equal(rig.faults[0], 'waitid(2) EINVAL');
});
