// Reports several test runs as one: node's own `spec` reporter, and at the end node's own closing lines over all of them.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { spec } from 'node:test/reporters';

const COUNTS = ['tests', 'suites', 'passed', 'failed', 'cancelled', 'skipped', 'todo'];
const LABELS = { passed: 'pass', failed: 'fail' };
const CLOSING_LINE = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) \d/;

/** Runs the stages one after the other. Resolves to whether all passed. */
export async function report(stages) {
  const total = { success: true, durationMs: 0, counts: Object.fromEntries(COUNTS.map((name) => [name, 0])) };
  await pipeline(Readable.from(allEvents(stages, total)), new spec(), process.stdout, { end: false });
  return total.success;
}

async function* allEvents(stages, total) {
  for (const stage of stages) {
    for await (const event of stage()) {
      if (event.type === 'test:summary') add(total, event.data);
      else if (!isClosingLine(event)) yield event;
    }
  }
  yield* closingLines(total);
}

/** A summary with a file is of that file alone; the one without is of the whole run. */
function add(total, { file, success, counts, duration_ms: durationMs }) {
  if (file !== undefined) return;
  total.success &&= success;
  total.durationMs += durationMs;
  for (const name of COUNTS) total.counts[name] += counts[name] ?? 0;
}

function isClosingLine({ type, data }) {
  return type === 'test:diagnostic' && data.nesting === 0 && CLOSING_LINE.test(data.message);
}

function* closingLines({ counts, durationMs }) {
  for (const name of COUNTS) yield diagnostic(`${LABELS[name] ?? name} ${counts[name]}`);
  yield diagnostic(`duration_ms ${durationMs}`);
}

function diagnostic(message) {
  return { type: 'test:diagnostic', data: { nesting: 0, message, level: 'info' } };
}
