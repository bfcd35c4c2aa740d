// Jobs: each runs once, lives until its group is gone, is ended for certain once it is to be, and disturbs no service.
import assert from 'node:assert/strict';
import { MOST_ENDED_JOBS, type JobRecord, type JobStopCause } from '../../../supervisor/core/job.ts';
import type { JobId } from '../../../supervisor/core/names.ts';
import { jobTimerAtMs } from '../../../supervisor/core/timers.ts';
import type { Step } from '../world.ts';
import type { Rule } from './rule.ts';

function jobOf(jobs: readonly JobRecord[], id: JobId): JobRecord | undefined {
  return jobs.findLast((record) => record.id === id);
}

const runsOnce: Rule = {
  promise: 'a job never runs twice, and its id is a new one, higher than all before',
  check({ before, after, effects, events }, world) {
    for (const effect of effects)
      if (effect.type === 'spawn-job')
        assert.ok(!world.jobs.begun.has(effect.job), `job ${effect.job} is started again`);
    for (const event of events) {
      if (event.type !== 'job-requested') continue;
      assert.ok(event.job >= before.nextJob && event.job < after.nextJob);
      assert.ok(event.run >= before.nextRun && event.run < after.nextRun);
    }
  },
};

const endsOnce: Rule = {
  promise: 'a job has one end, and it stays',
  check({ before, after, events }) {
    if (before.jobs === after.jobs) return;
    const ended = new Set<JobId>();
    for (const event of events) {
      if (event.type !== 'job-ended') continue;
      assert.ok(!ended.has(event.job));
      ended.add(event.job);
    }
    for (const record of before.jobs) {
      if (record.state.kind !== 'ended') continue;
      assert.ok(!ended.has(record.id), `job ${record.id} ends again`);
      const now = jobOf(after.jobs, record.id);
      assert.ok(now === undefined || now === record, `job ${record.id} has ended and changes`);
    }
  },
};

const liveUntilGone: Rule = {
  promise: 'a job has ended when its whole group is gone, not before, and as its leader did',
  check({ events, after }, world) {
    for (const event of events) {
      if (event.type !== 'job-ended') continue;
      const fake = world.jobs.byId.get(event.job);
      if (event.end.kind === 'not-started') {
        assert.equal(fake, undefined, `job ${event.job} has a process`);
        continue;
      }
      assert.equal(fake?.living, 0, `job ${event.job} has ended and lives`);
      assert.deepEqual(event.end.exit, fake.exit);
    }
    // What has been told of the last one has been heard.
    for (const { id, state } of after.jobs)
      if (state.kind !== 'ended' && world.isQuiet)
        assert.notEqual(world.jobs.byId.get(id)?.told, 'gone', `job ${id} is gone and has not ended`);
  },
};

/** Written anew, not taken from the core. */
const FIRST: Readonly<Record<JobStopCause, string>> = {
  asked: 'SIGINT',
  hangup: 'SIGHUP',
  timeout: 'SIGTERM',
  shutdown: 'SIGTERM',
  'leader-exited': 'SIGTERM',
};

const firstSignal: Rule = {
  promise: 'the first signal of a stop is the one of its cause, and goes to the whole group',
  check({ events, effects, after, nowMs }) {
    for (const [index, event] of events.entries()) {
      if (event.type !== 'job-stopping') continue;
      const pressed = events.find(
        (other, at) => at > index && other.type === 'job-pressed' && other.job === event.job,
      );
      if (pressed?.type !== 'job-pressed') {
        assert.equal(jobOf(after.jobs, event.job)?.state.kind, 'starting', `job ${event.job} is not asked`);
        continue;
      }
      const noTime = after.phase.kind === 'stopping' && after.phase.killAtMs <= nowMs;
      assert.equal(pressed.signal, noTime ? 'SIGKILL' : FIRST[event.cause]);
    }
    for (const event of events)
      if (event.type === 'job-pressed')
        assert.ok(
          effects.some(
            (effect) =>
              effect.type === 'signal-job' &&
              effect.job === event.job &&
              effect.signal === event.signal &&
              effect.whom === 'group',
          ),
          `${event.signal} was not sent to job ${event.job}`,
        );
  },
};

const stopEnds: Rule = {
  promise: 'a stop comes to SIGKILL within two intervals, and always has a next moment until then',
  check({ after, nowMs }, world) {
    for (const record of after.jobs) {
      const { state } = record;
      if (state.kind === 'running') {
        assert.equal(jobTimerAtMs(record) !== undefined, record.timeoutMs > 0);
        assert.ok(state.deadlineMs === 0 || nowMs <= state.deadlineMs, `job ${record.id} is over its time`);
      }
      if (state.kind !== 'stopping' || state.signal === 'SIGKILL') continue;
      const since = world.jobs.stoppingSinceMs.get(record.id) ?? nowMs;
      assert.notEqual(jobTimerAtMs(record), undefined, `nothing will end job ${record.id}`);
      assert.ok(nowMs <= since + 2 * record.stopIntervalMs, `job ${record.id} should be killed by now`);
    }
  },
};

const shutdownEndsJobs: Rule = {
  promise: 'P5: a shutdown asks every job by SIGTERM or SIGKILL, and sweeps only when none lives',
  check({ after, effects }, world) {
    if (after.phase.kind === 'stopping')
      for (const { id, state } of after.jobs) {
        assert.notEqual(state.kind, 'running', `job ${id} runs on`);
        if (state.kind === 'stopping')
          assert.ok(
            state.signal === 'SIGTERM' || state.signal === 'SIGKILL',
            `job ${id} is asked too softly`,
          );
      }
    if (effects.some((effect) => effect.type === 'sweep' && effect.signal === 'SIGTERM'))
      assert.equal(world.jobs.living, 0, 'a job lives when everything else is swept');
  },
};

const startsNoneAtTheEnd: Rule = {
  promise: 'P5: no job is begun once the container is being stopped',
  check({ before, effects }) {
    if (before.phase.kind === 'up') return;
    assert.ok(!effects.some((effect) => effect.type === 'spawn-job'));
  },
};

const endedAreBounded: Rule = {
  promise: 'of those that have ended the newest are remembered, those that live always',
  check({ before, after, events }) {
    if (before.jobs === after.jobs) return;
    const ended = after.jobs.filter(({ state }) => state.kind === 'ended');
    assert.ok(ended.length <= MOST_ENDED_JOBS, `${ended.length} are remembered`);
    for (const event of events)
      if (event.type === 'job-forgotten')
        assert.equal(ended.length, MOST_ENDED_JOBS, 'forgotten while there is room');
    for (const { id, state } of before.jobs)
      if (state.kind !== 'ended') assert.notEqual(jobOf(after.jobs, id), undefined, `job ${id} is forgotten`);
  },
};

const oldJobsAreSilent: Rule = {
  promise: 'what is told or asked of a job that has ended, or that nobody knows, changes nothing',
  check({ input, before, after, effects }) {
    const job = aboutWhich(input);
    if (job === undefined || isLive(jobOf(before.jobs, job))) return;
    if (input.type !== 'job-strays-found') assert.equal(after, before);
    if (input.type !== 'command') assert.deepEqual(effects, []);
    else assert.ok(effects.every((effect) => effect.type === 'reply' && effect.result.kind === 'refused'));
  },
};

function aboutWhich(input: Step['input']): JobId | undefined {
  if ('job' in input) return input.job;
  return input.type === 'command' && 'job' in input.command ? input.command.job : undefined;
}

function isLive(record: JobRecord | undefined): boolean {
  return record !== undefined && record.state.kind !== 'ended';
}

const wishOutlivesTheLaunch: Rule = {
  promise: 'a job that was to be stopped before it had a process is stopped as soon as it has one',
  check({ input, before, after }) {
    if (input.type !== 'job-spawned') return;
    const state = jobOf(before.jobs, input.job)?.state;
    if (state?.kind === 'starting' && state.stop !== undefined)
      assert.equal(jobOf(after.jobs, input.job)?.state.kind, 'stopping');
  },
};

const earlyTimersAreSilent: Rule = {
  promise: 'a timer of a job that is not due changes nothing',
  check({ input, before, after, nowMs }) {
    if (input.type !== 'job-timer') return;
    const state = jobOf(before.jobs, input.job)?.state;
    const isEarly =
      (state?.kind === 'running' && state.deadlineMs > nowMs) ||
      (state?.kind === 'stopping' && state.nextAtMs > nowMs);
    if (isEarly) assert.equal(after, before);
  },
};

const servicesAreNotDisturbed: Rule = {
  promise: 'no service notices a job',
  check({ input, before, after, events }) {
    if (!isAboutJobs(input)) return;
    assert.equal(after.services, before.services);
    assert.ok(!events.some((event) => 'service' in event));
  },
};

function isAboutJobs(input: Step['input']): boolean {
  return 'job' in input || (input.type === 'command' && /-job$/.test(input.command.verb));
}

export const JOBS: readonly Rule[] = [
  runsOnce,
  endsOnce,
  liveUntilGone,
  firstSignal,
  stopEnds,
  shutdownEndsJobs,
  startsNoneAtTheEnd,
  endedAreBounded,
  oldJobsAreSilent,
  wishOutlivesTheLaunch,
  earlyTimersAreSilent,
  servicesAreNotDisturbed,
];
