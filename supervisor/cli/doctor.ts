// `bosunctl doctor`: looks at everything that commonly goes wrong around Bosun, and says what to do about it. Changes nothing, but
// for --rebuild-views.
import type { BosunClient } from '../client/bosun-client.ts';
import { BosunUnreachable } from '../client/failure.ts';
import type { Target } from '../client/target.ts';
import type { EventView } from '../wire/event-view.ts';
import type { VersionView } from '../wire/fleet-view.ts';
import { flagOption, printJson, type CliCommand } from './command.ts';
import { chooseTarget } from './connection.ts';
import { examineBosun } from './doctor-bosun.ts';
import {
  examineDisk,
  examineRunDirectory,
  examineSocket,
  examineStaleFiles,
  examineTools,
} from './doctor-files.ts';
import { failed, good, renderFindings, unknown, warning, type Finding } from './doctor-finding.ts';
import { examineProcesses, seesBosun } from './doctor-proc.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { explainFailure } from './failure.ts';
import { wrapText } from './status-table.ts';
import type { Terminal } from './terminal.ts';

export const command: CliCommand = {
  name: 'doctor',
  words: '',
  summary: 'Check what commonly goes wrong around Bosun, with what to do about it',
  example: 'bosunctl doctor',
  options: [
    { flags: '--rebuild-views', help: 'instead: build what the API shows anew from the journal of events' },
  ],
  details: `One line for each check, and below it a remedy where one is needed: whether Bosun answers and is of the same version, its
services and what they were promised, the journal, log lines that were dropped, the configuration in the files against what is
running; and, when bosunctl runs in the same container, PID 1, zombies, limits, control groups, the socket and who may open it, \`/run\`,
stale files, the clock, the disk, and the tools that services are started with. What cannot be seen from where bosunctl runs is said to
be \`not checked from here\`. \`warn\` is for what works and could be better; only \`FAIL\` gives 1.

\`--rebuild-views\` replays the journal and tells where what the API has shown was different, which should be nowhere; then it gives 1.`,
  run: async ({ terminal, client }, input) => {
    if (flagOption(input, 'rebuildViews')) return await rebuild(client(), terminal, input.json);
    const findings = await examine(client(), chooseTarget(input, terminal), terminal);
    if (input.json) await printJson(terminal, { findings });
    else await terminal.print(renderFindings(findings, terminal));
    return findings.some(({ verdict }) => verdict === 'failed') ? EXIT.failed : EXIT.done;
  },
};

async function examine(client: BosunClient, target: Target, terminal: Terminal): Promise<readonly Finding[]> {
  const version = await askVersion(client);
  if ('check' in version) return [version, ...(await examineSurroundings(target, terminal))];
  return [
    good('Bosun', `answers at ${describeTarget(target)}`),
    ...(await examineBosun(client, version)),
    ...(await examineContainer(client, target, version)),
    ...(await examineSurroundings(target, terminal)),
  ];
}

/** What it answers, or that it does not. */
async function askVersion(client: BosunClient): Promise<VersionView | Finding> {
  try {
    return await client.version();
  } catch (error) {
    if (!(error instanceof BosunUnreachable)) throw error;
    const { message, next } = explainFailure(error);
    return failed('Bosun', message, next);
  }
}

function describeTarget(target: Target): string {
  return target.kind === 'socket' ? target.socketPath : `${target.address}:${target.port}`;
}

/** What is where Bosun is: only to be seen in the same container. */
async function examineContainer(
  client: BosunClient,
  target: Target,
  { pid, state_directory: stateDirectory }: VersionView,
): Promise<readonly Finding[]> {
  if (target.kind !== 'socket') return [unknown('container', 'Bosun is reached over the network')];
  if (!(await seesBosun(pid)))
    return [unknown('container', 'bosunctl does not run in the container of this Bosun')];
  return [...(await examineProcesses(pid)), await examineClock(client), await examineDisk(stateDirectory)];
}

/** What bosunctl can see for itself wherever there is a socket. */
async function examineSurroundings(target: Target, terminal: Terminal): Promise<readonly Finding[]> {
  if (target.kind !== 'socket') return [];
  const { socketPath } = target;
  return [
    await examineSocket(socketPath),
    await examineRunDirectory(socketPath),
    await examineStaleFiles(socketPath, terminal),
    await examineTools(),
  ];
}

const JUMP_MS = 5000;
const EARLIEST_MS = Date.parse('2026-01-01T00:00:00Z');

/** The newest event has the time of both clocks: what they have gone apart since is a jump of the wall clock. */
async function examineClock(client: BosunClient): Promise<Finding> {
  const { last_event_id: lastId } = await client.services();
  const newest = (await client.events({ after: lastId - 1 })).events.at(-1);
  const jumpMs = newest === undefined ? 0 : jumpSince(newest);
  const remedy = 'Have the host keep its clock (NTP); certificates and timers with dates go by it.';
  if (Date.now() < EARLIEST_MS)
    return failed('clock', `it is ${new Date().toISOString()}, which cannot be`, remedy);
  if (Math.abs(jumpMs) > JUMP_MS)
    return warning('clock', `it was set by ${Math.round(jumpMs / 1000)} s since the last event`, remedy);
  return good('clock', new Date().toISOString());
}

function jumpSince({ time, monotonic_ms: monotonicMs }: EventView): number {
  const nowMs = Number(process.hrtime.bigint()) / 1e6;
  return Date.now() - Date.parse(time) - (nowMs - monotonicMs);
}

async function rebuild(client: BosunClient, terminal: Terminal, json: boolean): Promise<ExitCode> {
  const view = await client.rebuildViews();
  const { events, from_snapshot: from, differences } = view;
  const base = from === 0 ? 'from the beginning' : `after the snapshot of event ${from}`;
  const text =
    differences.length === 0
      ? `${events} events replayed ${base}: the views were as they should be.`
      : `${events} events replayed ${base}. The views were different, which should not be, and have been replaced: ${differences.join(', ')}.`;
  if (json) await printJson(terminal, view);
  else await terminal.print(`${wrapText(text, terminal.columns).join('\n')}\n`);
  return differences.length === 0 ? EXIT.done : EXIT.failed;
}
