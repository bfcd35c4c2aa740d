// Jobs through the real engine with real processes: how they end, how they are stopped, what becomes of their streams, and that nothing
// is left of them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeSync } from 'node:fs';
import { describe, test } from 'node:test';
import { toExitCode } from '../../supervisor/core/exit-status.ts';
import type { JobEnd } from '../../supervisor/core/job.ts';
import { MOST_ENDED_JOBS } from '../../supervisor/core/job.ts';
import type { JobSpec } from '../../supervisor/core/job-spec.ts';
import type { JobId, Pid } from '../../supervisor/core/names.ts';
import { libc } from '../../supervisor/os/libc.ts';
import type { SystemCalls } from '../../supervisor/os/system-calls.ts';
import { processState } from '../support/container.ts';
import { until } from '../support/deadline.ts';
import { FaultyCalls } from '../support/faulty-calls.ts';
import { JobRig } from '../support/job-rig.ts';
import { job, service } from '../support/specs.ts';

const TERMINAL = { kind: 'terminal', columns: 80, rows: 24 } as const;
const descriptors = (): number => readdirSync('/proc/self/fd').length;
const exitOf = (end: JobEnd): string => {
  if (end.kind === 'not-started') return end.error.code;
  return end.exit.kind === 'signal' ? end.exit.signal : `code ${toExitCode(end.exit)}`;
};
const bash = (script: string, more: Partial<JobSpec> = {}): JobSpec =>
  job(script, { command: ['bash', '-c', script], ...more });
/** Tells of each signal and goes on. */
const stubborn = (first: string): string =>
  ['HUP', 'INT', 'TERM'].map((signal) => `trap 'echo ${signal}' ${signal}`).join('; ') +
  `; echo ${first}; while :; do sleep 0.01; done`;

/** One that has left, and is still a child of the job, which waits for its input to end. */
async function withStray(rig: JobRig): Promise<{ readonly id: JobId; readonly stray: Pid }> {
  const script = 'setsid sh -c "echo \\$\\$; exec sleep 1000" & cat';
  const id = rig.run(bash(script, { input: { kind: 'stream' } }));
  await rig.says(id, 'stdout', /^\d+\n/);
  const stray = Number(rig.output(id, 'stdout')) as Pid;
  await until('that it sleeps', () => readFileSync(`/proc/${stray}/comm`, 'utf8') === 'sleep\n');
  return { id, stray };
}

describe('how a job ends', () => {
  const ENDS: readonly (readonly [string, string])[] = [
    ['exit 0', 'code 0'],
    ['exit 77', 'code 77'],
    ['kill -KILL $$', 'SIGKILL'],
    ['kill -TERM $$', 'SIGTERM'],
  ];
  for (const [script, exit] of ENDS)
    test(`${script}: ${exit}`, async () => {
      using rig = new JobRig();
      const end = await rig.ended(rig.run(job(script)));
      assert.deepEqual([end.kind, exitOf(end)], ['exited', exit]);
      assert.deepEqual(rig.faults, []);
    });

  test('what its leader leaves behind is ended, and then it has ended, as its leader did', async () => {
    using rig = new JobRig();
    const id = rig.run(job('sleep 1000 & echo $!; exit 3'));
    await rig.says(id, 'stdout', /\d\n/);
    const end = await rig.ended(id);
    assert.deepEqual([end.kind, exitOf(end)], ['exited', 'code 3']);
    assert.equal(processState(Number(rig.output(id, 'stdout'))), undefined);
    const types = rig.events.map(({ type }) => type).filter((type) => type.startsWith('job-'));
    assert.deepEqual(types, ['job-requested', 'job-spawned', 'job-stopping', 'job-pressed', 'job-ended']);
  });

  test('what has left its session is left alone, and told by name', async () => {
    using rig = new JobRig();
    const { id, stray } = await withStray(rig);
    rig.command({ verb: 'stop-job', job: id, cause: 'asked' });
    await rig.ended(id);
    const told = await until('the stray', () =>
      rig.events.find((event) => event.type === 'job-strays-found'),
    );
    assert.deepEqual(told.strays, [{ pid: stray, name: 'sleep' }]);
    assert.equal(processState(stray), 'S');
    libc.kill(stray, 9);
  });

  for (const [code, command] of [
    ['ENOENT', ['no-such-program']],
    ['EACCES', ['/etc/passwd']],
  ] as const)
    test(`${code}: it has not started, and says why`, async () => {
      using rig = new JobRig();
      const end = await rig.ended(rig.run(job('', { command })));
      assert.equal(exitOf(end), code);
      assert.match(end.kind === 'not-started' ? end.error.message : '', /^cannot start /);
    });

  test('a time limit ends it', async () => {
    using rig = new JobRig();
    const end = await rig.ended(rig.run(job('exec sleep 1000', { timeoutMs: 50 })));
    assert.deepEqual(end.kind === 'stopped' && [end.cause, exitOf(end)], ['timeout', 'SIGTERM']);
  });
});

describe('how a job is stopped', () => {
  for (const [cause, signals] of [
    ['asked', ['INT', 'TERM']],
    ['hangup', ['HUP', 'TERM']],
  ] as const)
    test(`${cause}: ${signals.join(', ')}, KILL, an interval apart`, async () => {
      using rig = new JobRig();
      const id = rig.run(job(stubborn('up'), { stopIntervalMs: 200 }));
      await rig.says(id, 'stdout', /up/);
      const beganMs = performance.now();
      rig.command({ verb: 'stop-job', job: id, cause });
      const end = await rig.ended(id);
      const tookMs = performance.now() - beganMs;
      assert.deepEqual(end.kind === 'stopped' && [end.cause, exitOf(end)], [cause, 'SIGKILL']);
      await rig.says(id, 'stdout', new RegExp(`^up\n${signals.join('\n')}\n$`));
      assert.ok(tookMs >= 400, `after ${tookMs} ms`);
    });

  test('one that obeys is gone at once', async () => {
    using rig = new JobRig();
    const id = rig.run(job('exec sleep 1000'));
    rig.command({ verb: 'stop-job', job: id, cause: 'asked' });
    const end = await rig.ended(id);
    assert.deepEqual(end.kind === 'stopped' && exitOf(end), 'SIGINT');
  });

  test('a signal of the operator reaches the leader alone', async () => {
    using rig = new JobRig();
    const script =
      "(trap 'echo child' USR1; echo ready; while :; do sleep 0.01; done) & trap 'echo leader; kill $!; exit 4' USR1; wait";
    const id = rig.run(bash(script));
    await rig.says(id, 'stdout', /ready/);
    rig.command({ verb: 'signal-job', job: id, signal: 'SIGUSR1' });
    assert.equal(exitOf(await rig.ended(id)), 'code 4');
    assert.equal(rig.output(id, 'stdout'), 'ready\nleader\n');
  });

  test('a signal that the kernel refuses is told, and SIGKILL is sent again until it is let through', async () => {
    const faulty = new FaultyCalls<SystemCalls>(libc);
    using rig = new JobRig({ calls: faulty.calls });
    const id = rig.run(job('exec sleep 1000', { stopIntervalMs: 30 }));
    faulty.fail({ call: 'kill', errno: 'EPERM', args: [null, 2] });
    faulty.fail({ call: 'kill', errno: 'EPERM', args: [null, 15] });
    faulty.fail({ call: 'kill', errno: 'EPERM', args: [null, 9], times: 3 });
    rig.command({ verb: 'stop-job', job: id, cause: 'asked' });
    assert.equal(exitOf(await rig.ended(id)), 'SIGKILL');
    const told = rig.events.find((event) => event.type === 'call-failed');
    assert.match(told?.type === 'call-failed' ? told.text : '', new RegExp(`^job ${id} was not sent SIG`));
  });

  test('a shutdown ends jobs within its budget, beside the services', async () => {
    using rig = new JobRig({ services: [service('a', { command: ['/bin/sleep', '1000'] })] });
    const [obeys, not] = [
      rig.run(job('exec sleep 1000')),
      rig.run(job(stubborn('up'), { stopIntervalMs: 60_000 })),
    ];
    await rig.says(not, 'stdout', /up/);
    rig.submit({ type: 'signal-received', signal: 'SIGTERM', number: 15 });
    assert.equal(exitOf(await rig.ended(obeys)), 'SIGTERM');
    assert.equal(rig.exitCode, undefined);
    // A second request leaves no time.
    rig.submit({ type: 'signal-received', signal: 'SIGTERM', number: 15 });
    const end = await rig.ended(not);
    assert.deepEqual(end.kind === 'stopped' && [end.cause, exitOf(end)], ['shutdown', 'SIGKILL']);
    await until('the end', () => rig.exitCode === 0);
  });
});

describe('the streams of a job', () => {
  test('its input ends when the control plane gives its end back', async () => {
    using rig = new JobRig();
    const id = rig.run(job('cat; echo that was all', { input: { kind: 'stream' } }));
    writeSync(rig.lent(id, 'stdin'), 'hello\n');
    await rig.says(id, 'stdout', /hello/);
    rig.giveBack(id, 'stdin');
    await rig.says(id, 'stdout', /that was all/);
    await rig.ended(id);
  });

  test('a control plane that dies ends no job, no input, and loses no byte of output', async () => {
    using rig = new JobRig();
    const script = 'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done; cat; echo end';
    const id = rig.run(bash(script, { input: { kind: 'stream' } }));
    await rig.says(id, 'stdout', /line 10\n/);
    await rig.killWorker();
    writeSync(rig.lent(id, 'stdin'), 'to the first\n');
    await rig.killWorker();
    writeSync(rig.lent(id, 'stdin'), 'to the second\n');
    rig.giveBack(id, 'stdin');
    await rig.ended(id);
    await rig.says(id, 'stdout', /end\n/);
    const lines = Array.from({ length: 3000 }, (_, index) => `line ${index + 1}`);
    const expected = [...lines, 'to the first', 'to the second', 'end', ''];
    assert.deepEqual(rig.output(id, 'stdout').split('\n'), expected);
  });

  test('a job that ends without reading its input gives its descriptor back', async () => {
    using rig = new JobRig();
    await rig.ended(rig.run(job('exit 0')));
    const before = descriptors();
    const id = rig.run(job('exit 0', { input: { kind: 'stream' } }));
    await rig.ended(id);
    // The control plane closes its own copy when it hears of the end.
    rig.giveBack(id, 'stdin');
    await until('that nothing is left', () => descriptors() <= before);
  });

  test('200 at once: each is known by its own exit and its own output, and no descriptor is left', async () => {
    using rig = new JobRig();
    await rig.ended(rig.run(job('exit 0')));
    const before = descriptors();
    const ids = Array.from({ length: 200 }, (_, index) =>
      rig.run(job(`echo out ${index}; echo err ${index} >&2; exit ${index}`, { input: { kind: 'stream' } })),
    );
    for (const [index, id] of ids.entries()) {
      assert.equal(exitOf(await rig.ended(id)), `code ${index}`);
      await rig.says(id, 'stdout', new RegExp(`^out ${index}\n$`));
      await rig.says(id, 'stderr', new RegExp(`^err ${index}\n$`));
      rig.giveBack(id, 'stdin');
    }
    await until('that nothing is left', () => descriptors() <= before);
    assert.deepEqual(rig.faults, []);
  });

  test('near the limit of open files a job does not start, and says so; with room again it does', async () => {
    const limit = /^Max open files +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '';
    const setLimit = (soft: string): void => {
      execFileSync('prlimit', [`--pid=${process.pid}`, `--nofile=${soft}:`]);
    };
    setLimit(String(descriptors() + 80));
    try {
      using rig = new JobRig();
      const spec = job('exec sleep 1000', { stopIntervalMs: 100 });
      const piped = Array.from({ length: 30 }, () => rig.run(spec));
      const onTerminals = Array.from({ length: 3 }, () => rig.run({ ...spec, input: TERMINAL }));
      const all = [...piped, ...onTerminals];
      const running = all.filter((id) => rig.job(id)?.state.kind === 'running');
      assert.ok(running.length > 3 && running.length < 20, `${running.length} run`);
      const refused = await Promise.all(all.filter((id) => !running.includes(id)).map((id) => rig.ended(id)));
      const messages = refused.map((end) => (end.kind === 'not-started' ? end.error.message : ''));
      const [first, last] = [messages[0] ?? '', messages.at(-1) ?? ''];
      assert.match(first, /^cannot start sh: cannot make a pipe: the limit of open files .*\(EMFILE\)$/);
      assert.match(last, /^cannot start sh: cannot open a terminal: the limit of open files .*\(EMFILE\)$/);
      for (const id of running) rig.command({ verb: 'stop-job', job: id, cause: 'asked' });
      for (const id of running) await rig.ended(id);
      assert.equal(exitOf(await rig.ended(rig.run(job('exit 9')))), 'code 9');
    } finally {
      setLimit(limit);
    }
  });

  test('of a job that is forgotten nothing is kept, although a stray holds its output', async () => {
    using rig = new JobRig();
    const { id, stray } = await withStray(rig);
    rig.giveBack(id, 'stdin');
    await rig.ended(id);
    const before = descriptors();
    for (let count = 0; count < MOST_ENDED_JOBS; count++) rig.run(job('', { command: ['no-such-program'] }));
    assert.equal(rig.job(id), undefined);
    // Both of its outputs; the copies of the control plane are its own business.
    assert.equal(descriptors(), before - 2);
    libc.kill(stray, 9);
  });
});

describe('a terminal', () => {
  test('Ctrl-C reaches what runs on it', async () => {
    using rig = new JobRig();
    const id = rig.run(
      job("trap 'echo interrupted; exit 6' INT; tty; stty size; while :; do sleep 0.01; done", {
        input: TERMINAL,
      }),
    );
    await rig.says(id, 'terminal', /^\/dev\/pts\/\d+\r\n24 80\r\n$/);
    writeSync(rig.lent(id, 'terminal'), '\x03');
    assert.equal(exitOf(await rig.ended(id)), 'code 6');
    await rig.says(id, 'terminal', /interrupted/);
  });

  test('whoever it was run for is gone: it is hung up', async () => {
    using rig = new JobRig();
    const id = rig.run(job('echo up; exec sleep 1000', { input: TERMINAL }));
    await rig.says(id, 'terminal', /up/);
    rig.command({ verb: 'stop-job', job: id, cause: 'hangup' });
    const end = await rig.ended(id);
    assert.deepEqual(end.kind === 'stopped' && [end.cause, exitOf(end)], ['hangup', 'SIGHUP']);
  });

  test('a control plane that dies does not hang up', async () => {
    using rig = new JobRig();
    const id = rig.run(job('echo up; read line; echo got $line', { input: TERMINAL }));
    await rig.says(id, 'terminal', /up/);
    await rig.killWorker();
    writeSync(rig.lent(id, 'terminal'), 'it\n');
    assert.equal(exitOf(await rig.ended(id)), 'code 0');
  });
});
