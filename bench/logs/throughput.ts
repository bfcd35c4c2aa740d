// MB/s and CPU seconds per GB of log output, for Bosun and its peers in one run: `node bench/logs/throughput.ts [MB] [ROUNDS] [NAMES]`. NAMES is
// a regular expression; s6-log is always among them. Repetitions are the outer loop, so that a noisy minute hits all alike; medians are printed,
// and ratios to s6-log. CPU is that of the logger alone: all threads of the processes below the started one, without the writer. What a logger
// lacks on this machine is left out and said.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CONTENDERS, type Contender } from './contenders.ts';

const MEGABYTES = Number(process.argv[2] ?? 200);
const ROUNDS = Number(process.argv[3] ?? 3);
const NAMES = new RegExp(`^s6-log$|${process.argv[4] ?? ''}`, 'v');
const LINES = MEGABYTES * 10_000;
const PER_WRITE = [650, 1];
const DEADLINE_MS = 120_000;
/** CLK_TCK on Linux, proc_pid_stat(5). */
const TICKS_PER_SECOND = 100;

type Figure = { readonly mbPerS: number; readonly cpuPerGb: number };

const base = mkdtempSync('/dev/shm/bosun-bench-');
const writerPath = join(base, 'writer');

function isThere(program: string): boolean {
  if (program === 'node') return true;
  try {
    execFileSync('sh', ['-c', `command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
}

/** Of a process and all that come from it, without the writer; in ticks. */
function cpuTicks(pid: number): number {
  const children = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => readStat(Number(entry)))
    .filter((stat) => stat !== undefined);
  const below = new Set([pid]);
  for (let size = 0; size !== below.size;) {
    size = below.size;
    for (const { pid: child, parent } of children) if (below.has(parent)) below.add(child);
  }
  return children
    .filter((stat) => below.has(stat.pid) && stat.name !== 'writer')
    .reduce((sum, { ticks }) => sum + ticks, 0);
}

function readStat(pid: number) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid, name, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined;
  }
}

function bytesIn(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => {
    try {
      return sum + statSync(join(directory, name)).size;
    } catch {
      return sum;
    }
  }, 0);
}

async function untilTrue(what: string, holds: () => boolean): Promise<void> {
  const endMs = performance.now() + DEADLINE_MS;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
    await pause(2);
  }
}

function writerRuns(): boolean {
  return readdirSync('/proc').some(
    (entry) => /^\d+$/.test(entry) && readStat(Number(entry))?.name === 'writer',
  );
}

async function measure(contender: Contender, per: number): Promise<Figure> {
  const directory = mkdtempSync(join(base, 'run-'));
  const out = join(directory, 'out');
  mkdirSync(out);
  const gate = join(directory, 'gate');
  execFileSync('mkfifo', [gate]);
  const command = contender.prepare({ directory, out, writer: `${writerPath} ${LINES} ${per} <${gate}` });
  const [program = '', ...words] = command;
  const child = spawn(program, words, { stdio: 'ignore', detached: true });
  // Both ways, so that it does not wait for the writer to open it.
  const gateFd = openSync(gate, 'r+');
  try {
    await untilTrue(`${contender.name}: the writer`, writerRuns);
    // What it has to do for its own start is not measured.
    await pause(1500);
    const beforeBytes = bytesIn(out);
    const beforeTicks = cpuTicks(child.pid ?? 0);
    const beganMs = performance.now();
    writeSync(gateFd, '\n');
    const wanted = beforeBytes + LINES * (contender.bytesPerLine - 2);
    await untilTrue(`${contender.name}: all lines`, () => bytesIn(out) >= wanted);
    const seconds = (performance.now() - beganMs) / 1000;
    const cpuSeconds = (cpuTicks(child.pid ?? 0) - beforeTicks) / TICKS_PER_SECOND;
    return { mbPerS: MEGABYTES / seconds, cpuPerGb: cpuSeconds / (MEGABYTES / 1000) };
  } finally {
    closeSync(gateFd);
    await end(child);
    await untilTrue('the end of the writer', () => !writerRuns());
    rmSync(directory, { recursive: true, force: true });
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

async function main(): Promise<void> {
  execFileSync('cc', ['-O2', '-o', writerPath, join(import.meta.dirname, 'writer.c')]);
  const wanted = CONTENDERS.filter(({ name }) => NAMES.test(name));
  const here = wanted.filter(({ needs }) => isThere(needs));
  for (const { name, needs } of wanted.filter((one) => !here.includes(one)))
    console.log(`${name} is left out: there is no ${needs} here`);
  for (const per of PER_WRITE) {
    const figures = new Map<Contender, Figure[]>(here.map((contender) => [contender, []]));
    for (let round = 0; round < ROUNDS; round += 1)
      for (const contender of here) figures.get(contender)?.push(await measure(contender, per));
    print(per, figures);
  }
}

function print(per: number, figures: ReadonlyMap<Contender, readonly Figure[]>): void {
  const rows = [...figures].map(([contender, measured]) => ({
    contender,
    mbPerS: median(measured.map((figure) => figure.mbPerS)),
    cpuPerGb: median(measured.map((figure) => figure.cpuPerGb)),
  }));
  const s6 = rows.find(({ contender }) => contender.name === 's6-log');
  console.log(`\n${MEGABYTES} MB of 100-byte lines, ${per} a write(2); medians of ${ROUNDS}`);
  console.log(
    `${'logger'.padEnd(26)} ${'MB/s'.padStart(6)} ${'of s6'.padStart(6)} ${'CPU s/GB'.padStart(9)} ${'of s6'.padStart(6)}`,
  );
  for (const { contender, mbPerS, cpuPerGb } of rows)
    console.log(
      `${contender.name.padEnd(26)} ${mbPerS.toFixed(0).padStart(6)} ${ratio(mbPerS, s6?.mbPerS)} ` +
        `${cpuPerGb.toFixed(2).padStart(9)} ${ratio(cpuPerGb, s6?.cpuPerGb)}  ${contender.remark}`,
    );
}

function ratio(value: number, of: number | undefined): string {
  return (of === undefined ? '-' : (value / of).toFixed(2)).padStart(6);
}

try {
  await main();
} finally {
  rmSync(base, { recursive: true, force: true });
}
