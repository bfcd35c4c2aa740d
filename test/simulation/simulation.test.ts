// Seeded random schedules against the real core. A failure prints its seed and the shrunk stream of choices; run it again
// with BOSUN_SIMULATION_SEED, and longer with BOSUN_SIMULATION_RUNS.
import { test } from 'node:test';
import fc from 'fast-check';
import { choiceStream, runSchedule } from './schedule.ts';

const RUNS_IN_CI = 20_000;

test('no schedule breaks a promise', () => {
  const seed = Number(process.env['BOSUN_SIMULATION_SEED'] ?? Date.now() % 2 ** 31);
  const numRuns = Number(process.env['BOSUN_SIMULATION_RUNS'] ?? RUNS_IN_CI);
  fc.assert(fc.property(choiceStream, runSchedule), { seed, numRuns });
});
