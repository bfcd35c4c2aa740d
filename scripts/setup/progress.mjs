// Shows what the setup does: one line with the elapsed time for each step that has ended, and on a terminal a line
// that moves for those that run. Elsewhere a long step says every half minute that it still works. Writes to stderr.
import { Unavailable } from './unavailable.mjs';

const FRAMES = ['|', '/', '-', '\\'];
const FRAME_MS = 120;
const STILL_WORKING_MS = 30_000;

const running = new Map();
let ticker;
let frame = 0;

/**
 * Runs `work` as a step. `work` gets `tell(text)`, which changes what is shown while it runs, and may return a text
 * that replaces the title in the closing line. What it throws is shown and thrown on.
 */
export async function step(title, work) {
  const entry = { title, detail: '', startedMs: performance.now(), saidMs: performance.now() };
  begin(entry);
  try {
    const result = await work((detail) => (entry.detail = detail));
    end(entry, `done     ${result ?? title}`);
    return result;
  } catch (error) {
    end(entry, `${error instanceof Unavailable ? 'skipped ' : 'failed  '} ${title}: ${error.message}`);
    throw error;
  }
}

/** A line that belongs to no step. */
export function say(text) {
  clearStatus();
  process.stderr.write(`${text}\n`);
}

function begin(entry) {
  running.set(entry, entry);
  if (!process.stderr.isTTY) say(`  start    ${entry.title}`);
  ticker ??= setInterval(tick, FRAME_MS).unref();
}

function end(entry, text) {
  running.delete(entry);
  say(`  ${text} (${elapsed(entry)})`);
  if (running.size > 0) return;
  clearInterval(ticker);
  ticker = undefined;
}

function tick() {
  if (process.stderr.isTTY) drawStatus();
  else for (const entry of running.values()) sayStillWorking(entry);
}

function drawStatus() {
  frame = (frame + 1) % FRAMES.length;
  const parts = [...running.values()].map((entry) => `${describe(entry)} (${elapsed(entry)})`);
  const line = `  ${FRAMES[frame]} ${parts.join('   ')}`;
  process.stderr.write(`\r\x1b[2K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
}

function clearStatus() {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
}

function sayStillWorking(entry) {
  if (performance.now() - entry.saidMs < STILL_WORKING_MS) return;
  entry.saidMs = performance.now();
  say(`  working  ${describe(entry)} (${elapsed(entry)})`);
}

function describe(entry) {
  return entry.detail === '' ? entry.title : `${entry.title}: ${entry.detail}`;
}

function elapsed(entry) {
  return `${((performance.now() - entry.startedMs) / 1000).toFixed(1)} s`;
}
