// Seeded random schedules against the real core. A failure prints its seed and the shrunk stream of choices; run it again
// with BOSUN_SIMULATION_SEED, and longer with BOSUN_SIMULATION_RUNS, or with `npm run simulate`, which tells it as a story.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Effect } from '../../supervisor/core/effect.ts';
import type { FleetEvent, ServiceEvent } from '../../supervisor/core/event.ts';
import type { JobEvent } from '../../supervisor/core/job-event.ts';
import type { StopCause } from '../../supervisor/core/service-state.ts';
import { choiceStream, runSchedule } from './schedule.ts';

const RUNS_IN_CI = 20_000;

test('no schedule breaks a promise', () => {
  const seed = Number(process.env['BOSUN_SIMULATION_SEED'] ?? Date.now() % 2 ** 31);
  const numRuns = Number(process.env['BOSUN_SIMULATION_RUNS'] ?? RUNS_IN_CI);
  fc.assert(
    fc.property(choiceStream, (stream) => {
      runSchedule(stream);
    }),
    { seed, numRuns },
  );
});

/** Records, so that the compiler tells when one is missing here. */
const EVENTS: Readonly<Record<(ServiceEvent | FleetEvent | JobEvent)['type'], true>> = {
  attached: true,
  'backing-off': true,
  'backoff-reset': true,
  booted: true,
  completed: true,
  configured: true,
  detached: true,
  exited: true,
  failed: true,
  'going-down': true,
  'hook-finished': true,
  'hook-started': true,
  'job-ended': true,
  'job-forgotten': true,
  'job-leader-exited': true,
  'job-pressed': true,
  'job-requested': true,
  'job-signalled': true,
  'job-spawned': true,
  'job-stopping': true,
  'job-strays-found': true,
  'kill-brought-forward': true,
  killed: true,
  'leader-changed': true,
  looking: true,
  'probe-failed': true,
  'probe-passed': true,
  'probe-recovered': true,
  ready: true,
  'reload-deferred': true,
  'reload-finished': true,
  'reload-started': true,
  scheduled: true,
  'shutdown-finished': true,
  'shutdown-hastened': true,
  'shutdown-order-dropped': true,
  'shutdown-started': true,
  signalled: true,
  skipped: true,
  'spawn-failed': true,
  spawned: true,
  started: true,
  starting: true,
  'status-told': true,
  stopped: true,
  stopping: true,
  'strays-found': true,
  'sweep-killed': true,
  'sweep-started': true,
  'timeout-extended': true,
  unready: true,
  waiting: true,
  wanted: true,
};

const EFFECTS: Readonly<Record<Exclude<Effect['type'], 'pass-on'>, true>> = {
  attach: true,
  'cancel-hook': true,
  detach: true,
  exit: true,
  'follow-leader': true,
  hook: true,
  reload: true,
  reply: true,
  'request-apply': true,
  'signal-group': true,
  'signal-job': true,
  'signal-leader': true,
  spawn: true,
  'spawn-job': true,
  'stop-leader': true,
  sweep: true,
};

const STOP_CAUSES: Readonly<Record<StopCause, true>> = {
  'dependency-restarted': true,
  'hook-failed': true,
  'leader-exited': true,
  'liveness-failed': true,
  reconfigured: true,
  requested: true,
  restart: true,
  shutdown: true,
  'startup-timeout': true,
};

test('the schedules come to every event, every effect but those of drop-in mode, and every cause of a stop', () => {
  const seen = { events: new Set<string>(), effects: new Set<string>(), causes: new Set<string>() };
  // A seed of its own: what it reaches must not depend on the day.
  for (const stream of fc.sample(choiceStream, { seed: 1, numRuns: 4000 }))
    runSchedule(stream, ({ events, effects }) => {
      for (const event of events) {
        seen.events.add(event.type);
        if (event.type === 'stopping') seen.causes.add(event.cause);
      }
      for (const effect of effects) seen.effects.add(effect.type);
    });
  assert.deepEqual([...seen.events].sort(), Object.keys(EVENTS).sort());
  assert.deepEqual([...seen.effects].sort(), Object.keys(EFFECTS).sort());
  assert.deepEqual([...seen.causes].sort(), Object.keys(STOP_CAUSES).sort());
});
