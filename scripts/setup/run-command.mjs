// Runs one program of the setup to its end. Its output is kept, not shown; when it fails, the error has its first and its
// last lines: npm says the reason first, compilers say it last.
// When the setup itself is told to stop, it ends the programs that still run.
import { spawn } from 'node:child_process';
import os from 'node:os';

const FIRST_LINES = 8;
const LAST_LINES = 12;
const SIGNALS = ['SIGINT', 'SIGTERM'];
const children = new Set();

/**
 * Resolves to what the program wrote to stdout. Rejects when it cannot be started or ends with anything but 0.
 * `onLine` gets each line of stdout and stderr as it comes; `shown` replaces the command line in the error.
 */
export function runCommand(program, args, { cwd, env, shown, onLine = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { first: [], left: 0, last: [] };
    let stdout = '';
    const keep = (line) => {
      remember(said, line);
      onLine(line);
    };
    track(child);
    child.stdout.on('data', (chunk) => (stdout += chunk));
    eachLine(child.stdout, keep);
    eachLine(child.stderr, keep);
    child.on('error', (error) => reject(new Error(`cannot run ${program}: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(failure(shown ?? [program, ...args].join(' '), code, signal, said)));
    });
  });
}

/** While programs run, SIGINT and SIGTERM end them first; otherwise the setup ends as any process does. */
function track(child) {
  if (children.size === 0) for (const signal of SIGNALS) process.on(signal, stopAll);
  children.add(child);
  child.on('close', () => {
    children.delete(child);
    if (children.size === 0) for (const signal of SIGNALS) process.off(signal, stopAll);
  });
}

function stopAll(signal) {
  for (const child of children) child.kill('SIGTERM');
  process.exit(128 + os.constants.signals[signal]);
}

function eachLine(stream, onLine) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    lines.forEach(onLine);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}

function remember(said, line) {
  if (said.first.length < FIRST_LINES) {
    said.first.push(line);
    return;
  }
  said.last.push(line);
  if (said.last.length <= LAST_LINES) return;
  said.last.shift();
  said.left += 1;
}

function failure(commandLine, code, signal, { first, left, last }) {
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  const lines = [...first, ...(left > 0 ? [`... ${left} more lines ...`] : []), ...last];
  const indented = lines.map((line) => `\n             ${line}`).join('');
  return `'${commandLine}' ended ${how}${indented}`;
}
