// Jobs by the table: each state against each input, the signals of a stop one after the other, what a shutdown does to them, and who is
// remembered.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Input } from '../../supervisor/core/input.ts';
import { MOST_ENDED_JOBS, MOST_LIVE_JOBS, type JobRecord, type JobState } from '../../supervisor/core/job.ts';
import type { JobSpec } from '../../supervisor/core/job-spec.ts';
import type { JobId, Pid, RunId } from '../../supervisor/core/names.ts';
import { jobTimerAtMs } from '../../supervisor/core/timers.ts';
import { code, Drive } from '../support/drive.ts';
import { job, service } from '../support/specs.ts';

const INTERVAL_MS = 1000;
const BUDGET_MS = 9000;
/** What planShutdown leaves until SIGKILL. */
const UNTIL_KILL_MS = BUDGET_MS * 0.9;
const TERM = { kind: 'signal', signal: 'SIGTERM', number: 15, core: 'none', by: 'unknown' } as const;

class Jobs extends Drive {
  run(more: Partial<JobSpec> = {}): JobId {
    const spec = job('true', { stopIntervalMs: INTERVAL_MS, ...more });
    this.feed({ type: 'command', command: { verb: 'run-job', spec, id: 'c1', actor: 'uid:0' } });
    const reply = this.effects.find((effect) => effect.type === 'reply');
    if (reply?.result.kind !== 'accepted' || reply.result.job === undefined) throw new Error(this.reply);
    return reply.result.job;
  }

  spawnJob(id: JobId): this {
    const { run } = this.job(id);
    return this.feed({ type: 'job-spawned', job: id, run, pid: (100 + id) as Pid, degraded: [] });
  }

  running(more: Partial<JobSpec> = {}): JobId {
    const id = this.run(more);
    this.spawnJob(id);
    return id;
  }

  stop(id: JobId, cause: 'asked' | 'hangup' = 'asked'): this {
    return this.feed({
      type: 'command',
      command: { verb: 'stop-job', job: id, cause, id: 'c2', actor: 'uid:0' },
    });
  }

  signalJob(id: JobId): this {
    const command = { verb: 'signal-job', job: id, signal: 'SIGUSR1', id: 'c3', actor: 'uid:0' } as const;
    return this.feed({ type: 'command', command });
  }

  exit(
    id: JobId,
    group: 'empty' | 'populated' = 'empty',
    exit: typeof TERM | ReturnType<typeof code> = code(0),
  ): this {
    return this.feed({ type: 'job-exited', job: id, exit, group });
  }

  /** The moment of its timer has come. */
  due(id: JobId): this {
    const record = this.job(id);
    this.nowMs = jobTimerAtMs(record) ?? this.nowMs;
    return this.feed({ type: 'job-timer', job: id, run: record.run });
  }

  job(id: JobId): JobRecord {
    const record = this.fleet.jobs.find((each) => each.id === id);
    if (record === undefined) throw new Error(`no job ${id}`);
    return record;
  }

  jobState(id: JobId): JobState {
    return this.job(id).state;
  }

  get signals(): readonly string[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'signal-job' ? [`${effect.signal} ${effect.whom}`] : [],
    );
  }
}

const booted = (): Jobs => {
  const jobs = new Jobs(service('a'));
  jobs.boot().spawned('a');
  return jobs;
};

describe('each state against each input', () => {
  const STATES = {
    starting: (jobs: Jobs) => jobs.run({ timeoutMs: 5000 }),
    'starting, to be stopped': (jobs: Jobs) => {
      const id = jobs.run();
      jobs.stop(id);
      return id;
    },
    running: (jobs: Jobs) => jobs.running(),
    'running, with a time limit': (jobs: Jobs) => jobs.running({ timeoutMs: 5000 }),
    stopping: (jobs: Jobs) => {
      const id = jobs.running();
      jobs.stop(id);
      return id;
    },
    'stopping, its leader gone': (jobs: Jobs) => {
      const id = jobs.running();
      jobs.stop(id).exit(id, 'populated', TERM);
      return id;
    },
    killed: (jobs: Jobs) => {
      const id = jobs.running();
      jobs.stop(id).due(id).due(id);
      return id;
    },
    'left behind': (jobs: Jobs) => {
      const id = jobs.running();
      jobs.exit(id, 'populated');
      return id;
    },
    ended: (jobs: Jobs) => {
      const id = jobs.running();
      jobs.exit(id);
      return id;
    },
  } as const satisfies Record<string, (jobs: Jobs) => JobId>;

  const INPUTS = {
    spawned: (id: JobId, run: RunId): Input => ({
      type: 'job-spawned',
      job: id,
      run,
      pid: 7 as Pid,
      degraded: [],
    }),
    'spawn failed': (id: JobId): Input => ({
      type: 'job-spawn-failed',
      job: id,
      error: { code: 'ENOENT', message: 'no' },
    }),
    exited: (id: JobId): Input => ({ type: 'job-exited', job: id, exit: code(3), group: 'empty' }),
    'exited, others left': (id: JobId): Input => ({
      type: 'job-exited',
      job: id,
      exit: code(3),
      group: 'populated',
    }),
    emptied: (id: JobId): Input => ({ type: 'job-group-emptied', job: id }),
  } as const;

  /** Nothing stands for: it changes nothing. */
  const TABLE: Readonly<Record<keyof typeof STATES, Partial<Record<keyof typeof INPUTS, string>>>> = {
    starting: { spawned: 'running', 'spawn failed': 'ended not-started' },
    'starting, to be stopped': { spawned: 'stopping SIGINT', 'spawn failed': 'ended not-started' },
    running: { exited: 'ended exited', 'exited, others left': 'stopping SIGTERM' },
    'running, with a time limit': { exited: 'ended exited', 'exited, others left': 'stopping SIGTERM' },
    stopping: { exited: 'ended stopped', 'exited, others left': 'stopping SIGINT' },
    'stopping, its leader gone': { emptied: 'ended stopped' },
    killed: { exited: 'ended stopped', 'exited, others left': 'stopping SIGKILL' },
    'left behind': { emptied: 'ended exited' },
    ended: {},
  };

  const shown = (state: JobState): string => {
    if (state.kind === 'stopping') return `stopping ${state.signal}`;
    return state.kind === 'ended' ? `ended ${state.end.kind}` : state.kind;
  };

  for (const [stateName, toState] of Object.entries(STATES))
    for (const [inputName, toInput] of Object.entries(INPUTS)) {
      const expected =
        TABLE[stateName as keyof typeof STATES][inputName as keyof typeof INPUTS] ?? 'the same as before';
      test(`${stateName}: ${inputName} -> ${expected}`, () => {
        const jobs = booted();
        const id = toState(jobs);
        const before = jobs.fleet;
        jobs.feed(toInput(id, jobs.job(id).run));
        if (expected !== 'the same as before') assert.equal(shown(jobs.jobState(id)), expected);
        else assert.deepEqual(jobs.fleet, before);
      });
      test(`${inputName} of a job that nobody knows changes nothing, and does nothing`, () => {
        const jobs = booted();
        const before = jobs.fleet;
        jobs.feed(toInput(99 as JobId, 99 as RunId));
        assert.deepEqual([jobs.fleet, jobs.effects], [before, []]);
      });
    }
});

describe('how a job is stopped', () => {
  const FIRST = [
    ['asked', ['SIGINT', 'SIGTERM', 'SIGKILL']],
    ['hangup', ['SIGHUP', 'SIGTERM', 'SIGKILL']],
    ['timeout', ['SIGTERM', 'SIGKILL']],
    ['leader-exited', ['SIGTERM', 'SIGKILL']],
  ] as const;
  for (const [cause, signals] of FIRST)
    test(`${cause}: ${signals.join(', ')} to the whole group, an interval apart, and no more`, () => {
      const jobs = booted();
      const id = jobs.running({ timeoutMs: cause === 'timeout' ? 2000 : 0 });
      if (cause === 'timeout') jobs.due(id);
      else if (cause === 'leader-exited') jobs.exit(id, 'populated');
      else jobs.stop(id, cause);
      const seen = [...jobs.signals];
      for (let count = 0; count < 5 && jobTimerAtMs(jobs.job(id)) !== undefined; count++) {
        const before = jobs.nowMs;
        seen.push(...jobs.due(id).signals);
        assert.equal(jobs.nowMs, before + INTERVAL_MS);
      }
      assert.deepEqual(
        seen,
        signals.map((signal) => `${signal} group`),
      );
      const { state } = jobs.job(id);
      assert.equal(state.kind === 'stopping' && state.cause, cause);
    });

  test('a timer that is not due, or of another run, or late, means nothing', () => {
    const jobs = booted();
    const limited = jobs.running({ timeoutMs: 2000 });
    const { run } = jobs.job(limited);
    const before = jobs.fleet;
    jobs.feed({ type: 'job-timer', job: limited, run });
    jobs.wait(10_000).feed({ type: 'job-timer', job: limited, run: (run + 1) as RunId });
    assert.deepEqual(jobs.fleet, before);
    jobs.stop(limited);
    const stopping = jobs.fleet;
    jobs.feed({ type: 'job-timer', job: limited, run });
    assert.deepEqual(jobs.fleet, stopping, 'the interval has only begun');
  });

  test('the time limit counts from the spawn', () => {
    const jobs = booted();
    const id = jobs.run({ timeoutMs: 2000 });
    assert.equal(jobTimerAtMs(jobs.job(id)), undefined);
    jobs.wait(500).spawnJob(id);
    assert.equal(jobTimerAtMs(jobs.job(id)), jobs.nowMs + 2000);
  });

  test('a stop before there is a process comes when there is one, and what failed to start has no exit', () => {
    const jobs = booted();
    const id = jobs.run();
    assert.deepEqual(jobs.stop(id, 'hangup').signals, []);
    assert.deepEqual(jobs.spawnJob(id).signals, ['SIGHUP group']);
    const failed = jobs.run();
    jobs
      .stop(failed)
      .feed({ type: 'job-spawn-failed', job: failed, error: { code: 'ENOENT', message: 'no' } });
    assert.deepEqual(jobs.jobState(failed), {
      kind: 'ended',
      end: { kind: 'not-started', error: { code: 'ENOENT', message: 'no' } },
      endedAtMs: jobs.nowMs,
    });
  });

  test('asked again changes nothing and is accepted', () => {
    const jobs = booted();
    const id = jobs.running();
    const { jobs: before } = jobs.stop(id).fleet;
    assert.deepEqual(jobs.wait(10).stop(id, 'hangup').signals, []);
    assert.equal(jobs.reply, '');
    assert.deepEqual(jobs.fleet.jobs, before);
  });

  test('why it was stopped and how it ended are both kept', () => {
    const jobs = booted();
    const id = jobs.running();
    jobs.stop(id).exit(id, 'populated', TERM).feed({ type: 'job-group-emptied', job: id });
    const end = { kind: 'stopped', cause: 'asked', exit: TERM } as const;
    assert.deepEqual(jobs.jobState(id), { kind: 'ended', end, endedAtMs: jobs.nowMs });
  });
});

describe('what is refused', () => {
  const REFUSED: readonly (readonly [string, string, (jobs: Jobs) => unknown])[] = [
    ['a stop of no job', 'job-not-found', (jobs) => jobs.stop(9 as JobId)],
    ['a signal to no job', 'job-not-found', (jobs) => jobs.signalJob(9 as JobId)],
    [
      'a stop of one that has ended',
      'job-not-running',
      (jobs) => {
        const id = jobs.running();
        jobs.exit(id).stop(id);
      },
    ],
    [
      'a signal to one that has ended',
      'job-not-running',
      (jobs) => {
        const id = jobs.running();
        jobs.exit(id).signalJob(id);
      },
    ],
    ['a signal to one without a process', 'job-not-running', (jobs) => jobs.signalJob(jobs.run())],
    [
      'a signal to one whose leader is gone',
      'job-not-running',
      (jobs) => {
        const id = jobs.running();
        jobs.exit(id, 'populated').signalJob(id);
      },
    ],
    [
      'a job while the container is being stopped',
      'shutting-down',
      (jobs) => {
        jobs.command('shutdown');
        assert.throws(() => jobs.run());
      },
    ],
    [
      'one more than may live',
      'too-many-jobs',
      (jobs) => {
        for (let count = 0; count < MOST_LIVE_JOBS; count++) jobs.run();
        assert.throws(() => jobs.run());
      },
    ],
  ];
  for (const [what, reply, ask] of REFUSED)
    test(`${what}: ${reply}`, () => {
      const jobs = booted();
      ask(jobs);
      assert.equal(jobs.reply, reply);
      assert.deepEqual(jobs.signals, []);
    });

  test('a place is free again when one has ended', () => {
    const jobs = booted();
    const [first] = Array.from({ length: MOST_LIVE_JOBS }, () => jobs.running());
    jobs.exit(first ?? (0 as JobId));
    jobs.run();
  });
});

test('a signal of the operator goes to the leader alone, and is no stop', () => {
  const jobs = booted();
  const id = jobs.running();
  assert.deepEqual(jobs.signalJob(id).signals, ['SIGUSR1 leader']);
  assert.equal(jobs.jobState(id).kind, 'running');
});

test('ids and runs increase, and runs are shared with the services', () => {
  const jobs = booted();
  const ids = [jobs.running(), jobs.run(), jobs.run()];
  assert.deepEqual(ids, [1, 2, 3]);
  const runs = [jobs.record('a').lastRun, ...ids.map((id) => jobs.job(id).run)];
  assert.deepEqual(runs, [1, 2, 3, 4]);
  jobs.exited('a', code(1)).wait(1000).timer('a', 'backoff');
  assert.equal(jobs.record('a').lastRun, 5);
});

test('after a restart of Bosun ids go on where they were', () => {
  const jobs = new Jobs(service('a'));
  jobs.feed({ type: 'boot', resume: { stopped: [], nextJob: 17 as JobId } });
  assert.equal(jobs.run(), 17);
});

test('what has left its session is told, also of a job that has ended, and not of one that is forgotten', () => {
  const jobs = booted();
  const id = jobs.running();
  const strays = [{ pid: 7 as Pid, name: 'daemon' }];
  const found = (of: JobId): number =>
    jobs
      .feed({ type: 'job-strays-found', job: of, strays })
      .events.filter((event) => event.type === 'job-strays-found').length;
  assert.equal(found(id), 1);
  jobs.exit(id);
  assert.equal(found(id), 2);
  assert.equal(found(99 as JobId), 2);
});

describe('a shutdown', () => {
  test('asks every job by SIGTERM at once, while services keep their order', () => {
    const jobs = booted();
    const ids = [jobs.running(), jobs.running()];
    jobs.command('shutdown');
    assert.deepEqual(jobs.signals, ['SIGTERM group', 'SIGTERM group']);
    for (const id of ids) {
      const state = jobs.jobState(id);
      assert.equal(state.kind === 'stopping' && state.cause, 'shutdown');
    }
  });

  test('one that was asked softly before is asked by SIGTERM now; one that was killed is left alone', () => {
    const jobs = booted();
    const [soft, killed] = [jobs.running(), jobs.running()];
    jobs.stop(soft).stop(killed).due(killed).due(killed);
    jobs.command('shutdown');
    assert.deepEqual(jobs.signals, ['SIGTERM group']);
    const state = jobs.jobState(soft);
    assert.deepEqual(state.kind === 'stopping' && [state.cause, state.signal], ['asked', 'SIGTERM']);
  });

  test('the interval of a job is cut to what the budget has', () => {
    const jobs = booted();
    const id = jobs.running({ stopIntervalMs: 60_000 });
    jobs.command('shutdown');
    assert.equal(jobTimerAtMs(jobs.job(id)), jobs.nowMs + UNTIL_KILL_MS);
    assert.deepEqual(jobs.due(id).signals, ['SIGKILL group']);
  });

  test('SIGKILL at the shutdown’s deadline, also for one that was being stopped at its own pace', () => {
    const jobs = booted();
    const id = jobs.running({ stopIntervalMs: 60_000 });
    jobs.exit(id, 'populated');
    jobs.command('shutdown').wait(UNTIL_KILL_MS).feed({ type: 'fleet-timer', timer: 'kill' });
    assert.deepEqual(jobs.signals, ['SIGKILL group']);
  });

  test('a second request leaves no time', () => {
    const jobs = booted();
    jobs.running();
    jobs.signal('SIGTERM').wait(1).signal('SIGTERM');
    assert.deepEqual(jobs.signals, ['SIGKILL group']);
  });

  test('one that has its process only afterwards is stopped, and killed when no time is left', () => {
    const jobs = booted();
    const [early, late] = [jobs.run(), jobs.run()];
    jobs.command('shutdown');
    assert.deepEqual(jobs.spawnJob(early).signals, ['SIGTERM group']);
    jobs.wait(UNTIL_KILL_MS);
    assert.deepEqual(jobs.spawnJob(late).signals, ['SIGKILL group']);
  });

  test('the last sweep waits for the last job, and comes with its end', () => {
    const jobs = booted();
    const id = jobs.running();
    jobs.command('shutdown').exited('a', code(0));
    assert.ok(!jobs.did.includes('sweep SIGTERM'));
    jobs.exit(id, 'populated');
    assert.ok(!jobs.did.includes('sweep SIGTERM'));
    jobs.feed({ type: 'job-group-emptied', job: id });
    assert.deepEqual(jobs.did, ['sweep SIGTERM']);
  });

  test('the end comes although a job hangs in the kernel', () => {
    const jobs = booted();
    jobs.running();
    jobs.command('shutdown').exited('a', code(0)).wait(BUDGET_MS).feed({ type: 'fleet-timer', timer: 'end' });
    assert.ok(jobs.did.includes('exit 0'));
  });
});

describe('who is remembered', () => {
  test('the newest of those that have ended, and no more', () => {
    const jobs = booted();
    for (let count = 0; count < MOST_ENDED_JOBS + 3; count++) {
      const id = jobs.running();
      jobs.wait(1).exit(id);
    }
    assert.equal(jobs.fleet.jobs.length, MOST_ENDED_JOBS);
    assert.equal(jobs.fleet.jobs[0]?.id, 4);
  });

  test('one that ran for long is not forgotten when it ends at last', () => {
    const jobs = booted();
    const long = jobs.running();
    for (let count = 0; count < MOST_ENDED_JOBS; count++) {
      const id = jobs.running();
      jobs.wait(1).exit(id);
    }
    jobs.wait(1).exit(long);
    assert.equal(jobs.jobState(long).kind, 'ended');
    assert.equal(jobs.fleet.jobs.length, MOST_ENDED_JOBS);
    assert.ok(!jobs.fleet.jobs.some(({ id }) => id === 2));
  });

  test('those that live are never forgotten', () => {
    const jobs = booted();
    const live = jobs.running();
    for (let count = 0; count < MOST_ENDED_JOBS + 1; count++) {
      const id = jobs.running();
      jobs.wait(1).exit(id);
    }
    assert.equal(jobs.jobState(live).kind, 'running');
  });
});

test('what the command was is kept, and its environment is not', () => {
  const jobs = booted();
  const id = jobs.running({ environment: { TOKEN: 's3cret' }, shown: ['curl', '***'] });
  assert.deepEqual(jobs.job(id).shown, ['curl', '***']);
  assert.ok(!JSON.stringify([jobs.fleet, jobs.events]).includes('s3cret'));
});
