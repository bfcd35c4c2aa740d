// Long runs of the simulation: npm run simulate -- --seed N --runs M. Tells the rate while it runs, and of a broken promise its shrunk
// schedule as a story. The same seed gives the same schedules.
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { choiceStream, runSchedule } from '../test/simulation/schedule.ts';
import { tellStep } from '../test/simulation/story.ts';

const BATCH = 10_000;

const { values } = parseArgs({
  options: { seed: { type: 'string' }, runs: { type: 'string', default: '100000' } },
});
const seed = wholeNumber('--seed', values.seed ?? String(Date.now() % 2 ** 31));
const runs = wholeNumber('--runs', values.runs);
if (seed !== undefined && runs !== undefined) simulate(seed, runs);

function simulate(firstSeed: number, total: number): void {
  const startedAtMs = performance.now();
  process.stdout.write(`seed ${firstSeed}, ${total} schedules\n`);
  for (let done = 0; done < total;) {
    const batch = Math.min(BATCH, total - done);
    // Each batch has a seed of its own that follows from the first, so that a failure names a short run to repeat.
    const batchSeed = (firstSeed + done) | 0;
    const failure = findFailure(batchSeed, batch);
    if (failure !== undefined) {
      tellFailure(failure);
      process.stdout.write(`again: npm run simulate -- --seed ${batchSeed} --runs ${batch}\n`);
      process.exitCode = 1;
      return;
    }
    done += batch;
    const perSecond = Math.round(done / ((performance.now() - startedAtMs) / 1000));
    process.stdout.write(`${done} schedules kept every promise, ${perSecond} a second\n`);
  }
}

/** The shrunk choices of a schedule that breaks a promise. */
function findFailure(batchSeed: number, numRuns: number): readonly number[] | undefined {
  const property = fc.property(choiceStream, (stream) => {
    runSchedule(stream);
  });
  const { failed, counterexample } = fc.check(property, { seed: batchSeed, numRuns });
  return failed ? (counterexample?.[0] ?? []) : undefined;
}

function tellFailure(stream: readonly number[]): void {
  const story: string[] = [];
  try {
    runSchedule(stream, (step) => story.push(tellStep(step)));
  } catch (error) {
    story.push(error instanceof Error ? error.message : String(error));
  }
  process.stdout.write(`${story.join('\n')}\n`);
}

function wholeNumber(option: string, text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  process.stderr.write(`${option} takes a whole number, not ${text}\n`);
  process.exitCode = 2;
  return undefined;
}
