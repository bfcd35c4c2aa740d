// The table of the states of a job, by enumeration: a sample of each state, a sample of each event, and the real evolve.
import { evolve } from '../../supervisor/core/evolve.ts';
import { createFleet } from '../../supervisor/core/fleet.ts';
import type { JobRecord, JobState } from '../../supervisor/core/job.ts';
import type { JobEvent } from '../../supervisor/core/job-event.ts';
import type { JobId, Pid, RunId } from '../../supervisor/core/names.ts';

const job = 1 as JobId;
const run = 1 as RunId;
const pid = 100 as Pid;
const exit = { kind: 'code', code: 0 } as const;
const end = { kind: 'exited', exit } as const;

const MEANINGS: Readonly<Record<JobState['kind'], string>> = {
  starting: 'It was asked for, and has no process yet.',
  running: 'Its process lives.',
  stopping:
    'Its whole process group is being ended, by one signal after the other: because it was asked for, its time is over, ' +
    'the container is being stopped, or its process has ended and left others behind.',
  ended: 'Nothing of its group is left, or it could not be started. How it ended is kept.',
};

const STATES: readonly JobState[] = [
  { kind: 'starting', stop: undefined },
  { kind: 'running', pid, deadlineMs: 0 },
  { kind: 'stopping', pid, cause: 'asked', signal: 'SIGINT', nextAtMs: 0, exit: undefined },
  { kind: 'ended', end, endedAtMs: 0 },
];

const declared = {
  run,
  shown: [],
  context: undefined,
  input: 'none',
  owner: '',
  stopIntervalMs: 0,
  timeoutMs: 0,
  outputLimitBytes: 0,
} as const;

/** One of each type that is about a job that is there; `satisfies` below fails when a type is missing. */
const EVENTS = {
  'job-spawned': { type: 'job-spawned', job, run, pid, degraded: [], atMs: 0 },
  'job-stopping': { type: 'job-stopping', job, cause: 'asked', exit: undefined },
  'job-pressed': { type: 'job-pressed', job, signal: 'SIGTERM', nextAtMs: 0 },
  'job-signalled': { type: 'job-signalled', job, signal: 'SIGHUP' },
  'job-leader-exited': { type: 'job-leader-exited', job, exit },
  'job-strays-found': { type: 'job-strays-found', job, strays: [] },
  'job-ended': { type: 'job-ended', job, end, atMs: 0 },
  'job-forgotten': { type: 'job-forgotten', job },
} as const satisfies {
  readonly [Type in Exclude<JobEvent['type'], 'job-requested'>]: Extract<JobEvent, { type: Type }>;
};

function next(state: JobState, event: JobEvent): string {
  const record: JobRecord = { id: job, ...declared, requestedAtMs: 0, degraded: [], state };
  const after = evolve({ ...createFleet([]), jobs: [record] }, event).jobs[0]?.state.kind;
  if (after === undefined) return 'forgotten';
  return after === state.kind ? '·' : after;
}

export function jobStatesSection(): readonly string[] {
  return [
    '## States of a job',
    '',
    ...STATES.map(({ kind }) => `- **${kind}**: ${MEANINGS[kind]}`),
    '',
    'A job begins by `job-requested`. What each other event makes of each state (`·`: it stays):',
    '',
    `| event | ${STATES.map(({ kind }) => kind).join(' | ')} |`,
    `| --- |${STATES.map(() => ' --- |').join('')}`,
    ...Object.values(EVENTS).map(
      (event) => `| \`${event.type}\` | ${STATES.map((state) => next(state, event)).join(' | ')} |`,
    ),
    '',
  ];
}
