// Bugs to plant in the core, one at a time: does the simulation find them? Run by scripts/mutants.ts in a copy of the sources; a test
// sees to it that each can still be planted.

export type Mutant = {
  readonly name: string;
  /** In supervisor/core/. */
  readonly file: string;
  /** Occurs once in the file. */
  readonly from: string;
  readonly to: string;
};

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the order of the stop is dropped',
    file: 'settle.ts',
    from: 'if (!waitsForDependents(draft, index)) beginStop(draft, index, cause);',
    to: 'beginStop(draft, index, cause);',
  },
  {
    name: 'dependencies are ignored',
    file: 'settle.ts',
    from: 'else if (dependenciesMet(draft, index)) startRun(draft, index);',
    to: 'else startRun(draft, index);',
  },
  {
    name: 'healthy is met by an unready service',
    file: 'dependency-verdict.ts',
    from: "return state.kind === 'running' || state.kind === 'completed';",
    to: "return state.kind === 'running' || state.kind === 'unready' || state.kind === 'completed';",
  },
  {
    name: 'a shutdown leaves the wish up',
    file: 'wanted.ts',
    from: "fleet.phase.kind === 'up' && record.wanted",
    to: 'record.wanted',
  },
  {
    name: 'a run is over although its group lives',
    file: 'on-process.ts',
    from: "if (group === 'empty' || draft.spec",
    to: "if (group !== 'empty' || draft.spec",
  },
  {
    name: 'a stop during the launch is forgotten',
    file: 'on-process.ts',
    from: "if (live.state.step !== 'down' || live.state.killAtMs <= draft.moment.nowMs) askToStop",
    to: "if (live.state.step === 'down') askToStop",
  },
  {
    name: 'an essential service that is given up ends the container with 0',
    file: 'restart-policy.ts',
    from: "return verdict === 'give-up' && code === 0 ? 1 : code;",
    to: 'return code;',
  },
  {
    name: 'the sweep begins before the services are gone',
    file: 'shutdown.ts',
    from: 'if (services.some((record, index) => isAtWork(draft.spec(index), record.state))) return;',
    to: 'if (services.length > 9) return;',
  },
  {
    name: 'a grace period may outlast the budget',
    file: 'settle.ts',
    from: 'if (state.killAtMs <= phase.killAtMs) return;',
    to: 'if (state.killAtMs <= Infinity) return;',
  },
  {
    name: 'there is no timer for SIGKILL',
    file: 'timers.ts',
    from: "if (state.step === 'killed' || state.step === 'post-stop') return undefined;",
    to: "if (state.step !== 'down') return undefined;",
  },
  {
    name: 'the shutdown’s deadline kills nothing',
    file: 'shutdown.ts',
    from: "if (state.kind === 'stopping' && state.step !== 'killed') kill(draft, index, state);",
    to: "if (state.kind === 'stopping' && state.step === 'killed') kill(draft, index, state);",
  },
  {
    name: 'what starts depends on nothing that has changed: dependents are not looked at',
    file: 'draft.ts',
    from: 'for (const dependent of this.#model.graph.dependents[index] ?? []) this.unsettled.add(dependent);',
    to: '',
  },
  {
    name: 'the main service that the operator stopped ends the container',
    file: 'run-end.ts',
    from: "if (record.wanted === 'down' || (!endsContainer",
    to: 'if ((!endsContainer',
  },
  {
    name: 'exits of an old run are obeyed',
    file: 'on-process.ts',
    from: 'return isLive(state) && state.run === run ? { index, state } : undefined;',
    to: 'return isLive(state) ? { index, state } : undefined;',
  },
  {
    name: 'a timer of an old run is obeyed',
    file: 'decide.ts',
    from: 'if (lastRun !== input.run) return;',
    to: '',
  },
  {
    name: 'what the operator asked for is not recorded',
    file: 'on-command.ts',
    from: "if (wanted === 'up') draft.emit({ type: 'wanted', service, wanted: 'down' });",
    to: "if (wanted === 'down') draft.emit({ type: 'wanted', service, wanted: 'down' });",
  },
  {
    name: 'a hook before the start that failed is followed by the start',
    file: 'on-hook.ts',
    from: "else if (kind === 'failed') endUnasked(draft, index, run, reason);",
    to: '',
  },
  {
    name: 'the next run does not wait for the hook after the last one',
    file: 'run-end.ts',
    from: "startHook(draft, index, run, 'post_stop', exit);",
    to: "startHook(draft, index, run, 'post_stop', exit);\n  endRun(draft, index, run, cause, exit);",
  },
  {
    name: 'a hook after the stop is not cut off by the budget',
    file: 'run-stop.ts',
    from: "draft.do({ type: 'cancel-hook', service, run, hook: 'post_stop' });",
    to: '',
  },
  {
    name: 'a stop does not cancel the hook before the start',
    file: 'run-stop.ts',
    from: "draft.do({ type: 'cancel-hook', service, run, hook: 'pre_start' });",
    to: '',
  },
  {
    name: 'the kill mode process signals the group',
    file: 'run-stop.ts',
    from: "const whole = stop.killMode === 'group'",
    to: "const whole = stop.killMode !== 'mixed'",
  },
  {
    name: 'a stop command does not take the place of the signal',
    file: 'run-stop.ts',
    from: "if (state.exit === undefined && startHook(draft, index, state.run, 'stop') === 'started') return;",
    to: "if (state.exit === undefined) startHook(draft, index, state.run, 'stop');",
  },
  {
    name: 'liveness counts before the startup probe has passed',
    file: 'on-probe.ts',
    from: "if (state.kind === 'starting' && awaitsStart(spec, state)) return;",
    to: '',
  },
  {
    name: 'ready before the startup probe has passed',
    file: 'on-probe.ts',
    from: 'if (!early && successes',
    to: 'if (successes',
  },
  {
    name: 'what is undone does not wait for those that need it',
    file: 'settle.ts',
    from: 'if (!waitsForDependents(draft, index)) goDown(draft, index, cause);',
    to: 'goDown(draft, index, cause);',
  },
  {
    name: 'a shutdown does not wait for what must be undone',
    file: 'oneshot-down.ts',
    from: "return isLive(state) || (state.kind === 'completed' && spec.down !== undefined);",
    to: 'return isLive(state) || spec.name.length === 0;',
  },
  {
    name: 'a timer is not scheduled again after a run',
    file: 'run-end.ts',
    from: "if (spec.type === 'timer' && verdict.kind !== 'restart') {\n    scheduleNext(draft, index);\n    return;\n  }",
    to: '',
  },
  {
    name: 'an interval is counted from a date that has passed',
    file: 'timer-schedule.ts',
    from: 'Math.floor((nowMs - sinceMs) / schedule.periodMs) + 1',
    to: '1',
  },
  {
    name: 'everything is restarted by a new configuration',
    file: 'configuration.ts',
    from: "return changeOf(before, after)?.kind === 'restarted';",
    to: "return changeOf(before, after)?.kind !== 'added';",
  },
  {
    name: 'a service is replaced while its old run lives',
    file: 'configuration.ts',
    from: 'const held = before !== undefined && mustEnd(before, after) && atWork(draft, after.name);',
    to: 'const held = before !== undefined && mustEnd(before, after) && target.services.length < 0;',
  },
  {
    name: 'what ended is not replaced by the new configuration',
    file: 'configuration.ts',
    from: "return record.configured !== 'current' && !isAtWork",
    to: "return record.configured === 'removed' && !isAtWork",
  },
  {
    name: 'what is removed is not stopped',
    file: 'wanted.ts',
    from: " && record.configured !== 'removed'",
    to: '',
  },
  {
    name: 'the old version is started while a new one waits',
    file: 'on-hook.ts',
    from: "return record.configured === 'outdated' ? 'reconfigured' : undefined;",
    to: 'return undefined;',
  },
  {
    name: 'a job is over although its group lives',
    file: 'on-job.ts',
    from: "if (group === 'populated') {",
    to: "if (job < 0 && group === 'populated') {",
  },
  {
    name: 'a job that has ended is stopped once more',
    file: 'on-job.ts',
    from: 'return record !== undefined && isLiveJob(record) ? record : undefined;',
    to: 'return record;',
  },
  {
    name: 'a job that is being stopped is never killed',
    file: 'job-stop.ts',
    from: "press(draft, record, signal === 'SIGTERM' ? 'SIGKILL' : 'SIGTERM');",
    to: "press(draft, record, 'SIGTERM');",
  },
  {
    name: 'the time limit of a job is not watched',
    file: 'timers.ts',
    from: 'return state.deadlineMs === 0 ? undefined : state.deadlineMs;',
    to: 'return undefined;',
  },
  {
    name: 'a stop of a job that has no process yet is forgotten',
    file: 'on-job.ts',
    from: 'if (stop !== undefined) beginJobStop(draft, job, stop);',
    to: "if (stop === 'shutdown') beginJobStop(draft, job, stop);",
  },
  {
    name: 'a shutdown leaves the jobs alone',
    file: 'shutdown.ts',
    from: '  stopJobsForShutdown(draft);\n',
    to: '',
  },
  {
    name: 'a shutdown does not wait for the jobs',
    file: 'shutdown.ts',
    from: 'if (draft.fleet.jobs.some(isLiveJob)) return;',
    to: '',
  },
  {
    name: 'the shutdown’s deadline kills no job',
    file: 'shutdown.ts',
    from: '  killJobs(draft);\n',
    to: '',
  },
  {
    name: 'a job that is asked softly is not asked anew by a shutdown',
    file: 'job-stop.ts',
    from: "if (state.kind === 'stopping' && state.signal !== 'SIGTERM') pressJob(draft, record);",
    to: "if (state.kind === 'stopping' && state.signal === 'SIGKILL') pressJob(draft, record);",
  },
  {
    name: 'a timer of a job that is not due is obeyed',
    file: 'on-job.ts',
    from: 'if (dueAtMs === undefined || dueAtMs > draft.moment.nowMs) return;',
    to: '',
  },
  {
    name: 'the end of what a job has left is not heard',
    file: 'on-job.ts',
    from: "if (state?.kind !== 'stopping' || state.exit === undefined) return;",
    to: "if (state?.kind !== 'stopping' || state.exit === undefined || state.cause === 'leader-exited') return;",
  },
  {
    name: 'ended jobs are kept for ever',
    file: 'on-job.ts',
    from: 'if (ended.length <= MOST_ENDED_JOBS) return;',
    to: 'if (ended.length >= MOST_ENDED_JOBS) return;',
  },
  {
    name: 'a job is run while the container is being stopped',
    file: 'on-job-command.ts',
    from: "if (draft.fleet.phase.kind !== 'up')",
    to: "if (draft.fleet.phase.kind === 'ended')",
  },
  {
    name: 'every event of a job lets all services be looked at and counted anew',
    file: 'evolve-job.ts',
    from: 'return { ...fleet, jobs: fleet.jobs.with(index, evolveJob(record, event)) };',
    to: 'return { ...fleet, services: [...fleet.services], jobs: fleet.jobs.with(index, evolveJob(record, event)) };',
  },
  {
    name: 'the id of a job is used again',
    file: 'evolve-job.ts',
    from: 'nextJob: job + 1',
    to: 'nextJob: fleet.jobs.length + 1',
  },
];
