// The page of states and events, by enumeration: a sample of each state, a sample of each event, and the real evolve.
import type { ServiceEvent } from '../../supervisor/core/event.ts';
import { evolve } from '../../supervisor/core/evolve.ts';
import { createFleet, type Fleet } from '../../supervisor/core/fleet.ts';
import type { Pid, RunId, ServiceName } from '../../supervisor/core/names.ts';
import type { ServiceState, StateName } from '../../supervisor/core/service-state.ts';
import { jobStatesSection } from './job-states-section.ts';

const service = 'x' as ServiceName;
const run = 1 as RunId;
const pid = 100 as Pid;
const exit = { kind: 'code', code: 0 } as const;
const reason = { kind: 'exit', exit } as const;
const counts = { readinessSuccesses: 0, readinessFailures: 0, livenessFailures: 0 };
const outcome = { kind: 'done', detail: '' } as const;

const MEANINGS: Readonly<Record<StateName, string>> = {
  stopped: 'It has no process, and the operator or a dependency on behalf of them wants it so.',
  waiting: 'It is wanted, and waits for its dependencies.',
  starting:
    'It has been spawned, or is about to be, and is not ready yet. A oneshot runs in this state; the process of an attached service is ' +
    'looked for in it.',
  running: 'It is ready.',
  unready: 'It was ready; its readiness probe fails. It is not killed for that.',
  stopping: 'Its process group has been asked to end, and is killed when the grace period is over.',
  backoff: 'It ended by itself and is started again when the delay is over.',
  scheduled: 'A timer between two runs: the next one is due at the time that is shown.',
  completed: 'It ended by itself with a success code, and its policy does not start it again.',
  failed: 'It was given up: by its policy, or after more restarts than its burst limit allows.',
  skipped: 'It cannot run in this container, for the reason that is shown.',
};

const STATES: readonly ServiceState[] = [
  { kind: 'stopped' },
  { kind: 'waiting' },
  {
    kind: 'starting',
    run,
    process: { kind: 'launched', pid },
    startedAtMs: 0,
    startup: 'pending',
    extendedToMs: 0,
    lastProbeError: '',
    counts,
    whenReady: 'nothing',
  },
  { kind: 'running', run, pid, startedAtMs: 0, readyAtMs: 0, counts, reload: 'none' },
  { kind: 'unready', run, pid, startedAtMs: 0, reason: '', counts },
  {
    kind: 'stopping',
    run,
    process: { kind: 'launched', pid },
    cause: 'requested',
    startedAtMs: 0,
    killAtMs: 0,
    step: 'asked',
    exit: undefined,
  },
  { kind: 'backoff', reason, delayMs: 0, untilMs: 0 },
  { kind: 'scheduled', due: { clock: 'never' } },
  { kind: 'completed', exit },
  { kind: 'failed', reason },
  { kind: 'skipped', reason: '' },
];

/** One of each type; `satisfies` below fails when a type is missing. */
const EVENTS = {
  wanted: { type: 'wanted', service, wanted: 'up' },
  skipped: { type: 'skipped', service, reason: '' },
  waiting: { type: 'waiting', service },
  starting: { type: 'starting', service, run, atMs: 0 },
  scheduled: { type: 'scheduled', service, due: { clock: 'never' } },
  spawned: { type: 'spawned', service, run, pid, degraded: [] },
  'spawn-failed': { type: 'spawn-failed', service, run, error: { code: '', message: '' } },
  looking: { type: 'looking', service, run, finding: '' },
  attached: { type: 'attached', service, run, pid, others: [], degraded: [] },
  detached: { type: 'detached', service, run },
  started: { type: 'started', service, run },
  ready: { type: 'ready', service, run, atMs: 0 },
  unready: { type: 'unready', service, run, reason: '' },
  'probe-failed': { type: 'probe-failed', service, run, purpose: 'readiness', failures: 1, reason: '' },
  'probe-passed': { type: 'probe-passed', service, run, successes: 1 },
  'probe-recovered': { type: 'probe-recovered', service, run, purpose: 'readiness' },
  stopping: { type: 'stopping', service, run, cause: 'requested', killAtMs: 0, exit: undefined },
  'going-down': { type: 'going-down', service, run, cause: 'requested', atMs: 0, killAtMs: 0 },
  'timeout-extended': { type: 'timeout-extended', service, run, untilMs: 0 },
  'hook-started': { type: 'hook-started', service, run, hook: 'pre_stop' },
  'hook-finished': { type: 'hook-finished', service, run, hook: 'pre_stop', outcome },
  'strays-found': { type: 'strays-found', service, run, strays: [] },
  'status-told': { type: 'status-told', service, run, text: '' },
  'leader-changed': { type: 'leader-changed', service, run, pid },
  'kill-brought-forward': { type: 'kill-brought-forward', service, run, killAtMs: 0 },
  killed: { type: 'killed', service, run },
  exited: { type: 'exited', service, run, exit },
  stopped: { type: 'stopped', service, run },
  completed: { type: 'completed', service, run, exit },
  'backing-off': { type: 'backing-off', service, run, reason, delayMs: 0, atMs: 0, keepRestarts: 1 },
  failed: { type: 'failed', service, run, reason },
  'backoff-reset': { type: 'backoff-reset', service },
  signalled: { type: 'signalled', service, run, signal: 'SIGHUP' },
  'reload-deferred': { type: 'reload-deferred', service, run },
  'reload-started': { type: 'reload-started', service, run },
  'reload-finished': { type: 'reload-finished', service, run, outcome },
} as const satisfies { readonly [Type in ServiceEvent['type']]: Extract<ServiceEvent, { type: Type }> };

/** What the reducer would do; which of these can happen is decide's business. */
function next(state: ServiceState, event: ServiceEvent): StateName {
  const empty = createFleet([service]);
  const fleet: Fleet = {
    ...empty,
    phase: { kind: 'up' },
    services: empty.services.map((record) => ({ ...record, state })),
  };
  return evolve(fleet, event).services[0]?.state.kind ?? state.kind;
}

function rowOf(event: ServiceEvent): string {
  const cells = STATES.map((state) => {
    const after = next(state, event);
    return after === state.kind ? '·' : after;
  });
  return `| \`${event.type}\` | ${cells.join(' | ')} |`;
}

export function statesPage(): string {
  const header = `| event | ${STATES.map((state) => state.kind).join(' | ')} |`;
  const rule = `| --- |${STATES.map(() => ' --- |').join('')}`;
  return [
    '# States of services and jobs',
    '',
    'Generated from the reducer by `scripts/generate-reference.ts`.',
    '',
    '## States of a service',
    '',
    ...STATES.map(({ kind }) => `- **${kind}**: ${MEANINGS[kind]}`),
    '',
    'What each event makes of each state (`·`: it stays). Events of an old run change nothing.',
    '',
    header,
    rule,
    ...Object.values(EVENTS).map(rowOf),
    '',
    ...jobStatesSection(),
  ].join('\n');
}
