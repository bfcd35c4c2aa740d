// `bosunctl why`: in sentences, what a service waits for, how it last ended, and what happens next.
import type { BosunClient } from '../client/bosun-client.ts';
import { describeDuration } from '../wire/duration.ts';
import type { ServiceView, StateView } from '../wire/service-view.ts';
import { firstWord, printJson, type CliCommand } from './command.ts';
import { seesBosun } from './doctor-proc.ts';
import { EXIT } from './exit-code.ts';
import { findPortHolder } from './port-holder.ts';
import { printable, shorten, sinceText, wrapText } from './status-table.ts';
import { takenPorts, tellingLines } from './telling-lines.ts';
import type { Terminal } from './terminal.ts';
import { describeChain } from './why-chain.ts';

export const command: CliCommand = {
  name: 'why',
  words: '<name>',
  summary: 'Explain the state of a service: what it waits for, how it last ended, what is next',
  example: 'bosunctl why caddy',
  options: [],
  details: `What it waits for is followed down to the service that it all begins with. Where it has ended badly, or is not getting
ready, its last lines on standard error are shown; and where they say that an address is in use, who listens there.`,
  run: async ({ terminal, client }, input) => {
    const bosun = client();
    const view = await bosun.service(firstWord(input));
    const { services } = await bosun.services();
    const lines = IN_TROUBLE.has(view.state) ? await lastLines(bosun, view.name) : [];
    const sentences = [...explain(view, services), ...(await describeTakenPort(bosun, lines, services))];
    const stderr = tellingLines(lines);
    if (input.json) await printJson(terminal, { service: view.name, state: view.state, sentences, stderr });
    else await terminal.print(render(sentences, stderr, terminal));
    return EXIT.done;
  },
};

/** Where what it wrote last may say why. */
const IN_TROUBLE: ReadonlySet<StateView> = new Set(['backoff', 'failed', 'unready', 'starting', 'stopping']);
const LINES_READ = 100;

async function lastLines(client: BosunClient, name: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const { stream, line } of client.logs(name, LINES_READ))
    if (stream === 'stderr') lines.push(line);
  return lines;
}

/** Whoever has the port that it says is in use; only to be seen in the container of Bosun. */
async function describeTakenPort(
  client: BosunClient,
  lines: readonly string[],
  services: readonly ServiceView[],
): Promise<readonly string[]> {
  const ports = takenPorts(lines);
  if (ports.length === 0 || !(await seesBosun((await client.version()).pid))) return [];
  const holder = await findPortHolder(ports);
  if (holder === undefined) return [];
  const { port, pid, name, ancestors } = holder;
  const of = services.find((service) => service.pid !== null && [pid, ...ancestors].includes(service.pid));
  const whose = of === undefined ? 'is of no service' : `belongs to ${of.name}`;
  return [`Port ${port} is taken: ${name} (pid ${pid}) listens on it, which ${whose}.`];
}

function render(sentences: readonly string[], lines: readonly string[], { columns }: Terminal): string {
  const text = sentences.flatMap((sentence) => wrapText(sentence, columns));
  const quoted = lines.map((line) => `  ${shorten(printable(line), columns - 2)}`);
  const head = quoted.length === 0 ? [] : ['The last it wrote to standard error:'];
  return [...text, ...head, ...quoted].map((line) => `${line}\n`).join('');
}

export function explain(view: ServiceView, all: readonly ServiceView[]): readonly string[] {
  const sentences = [
    describeState(view),
    ...describeChain(view, all),
    ...describeHindrances(view),
    ...describeLastExit(view),
    ...describeShortcomings(view),
    ...describeLeftovers(view),
    describeNext(view),
  ];
  return sentences.filter((sentence) => sentence !== '');
}

/** Where the state's name is not a word that follows `is`. */
const STATES: Readonly<Partial<Record<StateView, string>>> = {
  backoff: 'backing off',
  unready: 'not ready any more',
};

function describeState({ name, state, note, ...view }: ServiceView): string {
  const since = view.since === null ? '' : ` since ${sinceText({ name, state, note, ...view }, Date.now())}`;
  // What it waits for gets sentences of its own.
  const why = note === '' || view.waiting_for.length > 0 ? '' : `: ${note}`;
  return `${name} is ${STATES[state] ?? state}${since}${why}.`;
}

/** What the note says only in part, and what it does not say. */
function describeHindrances({
  note,
  stop,
  status_text: text,
  last_hook_failure: hook,
  run,
}: ServiceView): string[] {
  return [
    stop === null ? '' : `It is stopped because ${STOP_CAUSES[stop.cause]}.`,
    text === '' ? '' : `It says of itself: "${text}".`,
    hook === null || (hook.detail !== '' && note.includes(hook.detail))
      ? ''
      : `Its hook ${hook.hook} failed in ${hook.run === run ? 'this run' : `run ${hook.run}`}: ${hook.detail}.`,
  ];
}

const STOP_CAUSES: Readonly<Record<NonNullable<ServiceView['stop']>['cause'], string>> = {
  requested: 'somebody asked for it',
  restart: 'somebody asked for a restart',
  'dependency-restarted': 'a dependency was restarted',
  shutdown: 'the container is being stopped',
  'startup-timeout': 'it was not ready in time',
  'liveness-failed': 'it was not alive any more',
  'hook-failed': 'a hook of it failed',
  reconfigured: 'its configuration has changed',
  'leader-exited': 'its main process has ended',
};

function describeLeftovers({ strays }: ServiceView): readonly string[] {
  const [first] = strays;
  if (first === undefined) return [];
  const names = strays.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ');
  return [`Run ${first.run} has left processes behind, which may live still: ${names}.`];
}

/** What it lives without; the note names them only where nothing else is to be said. */
function describeShortcomings({ degraded, without, configuration, note }: ServiceView): readonly string[] {
  const missing = degraded
    .filter((text) => !note.includes(text))
    .map((text) => `It has not all it was promised: ${text}.`);
  const alone = without
    .filter(({ service }) => !note.includes(service))
    .map(({ service, state }) => `It goes without ${service}, which is ${state}.`);
  const removed =
    configuration === 'removed'
      ? ['The configuration has it no more: it is forgotten when it has ended.']
      : [];
  return [...missing, ...alone, ...removed];
}

function describeLastExit({ last_exit: lastExit, note }: ServiceView): readonly string[] {
  if (lastExit === null) return [];
  const killed = lastExit.text.startsWith('killed') ? 'was ' : '';
  return [
    note.includes(lastExit.text) ? '' : `Its last run ${killed}${lastExit.text}.`,
    lastExit.oom
      ? 'It asked for more memory than it may have: see `limits.memory`, or give it less to do.'
      : '',
    lastExit.core_dumped ? 'The kernel has written a core file: core(5) says where.' : '',
  ];
}

function describeNext({ name, state, next, waiting_for: waitingFor, restarts }: ServiceView): string {
  if (next?.action === 'start') {
    return `Bosun starts it again in ${describeDuration(next.in_ms)}. Restarts so far: ${restarts}.`;
  }
  if (next?.action === 'kill')
    return `SIGKILL follows in ${describeDuration(next.in_ms)} unless it ends before.`;
  if (next?.action === 'run')
    return `It is run at ${next.at}, in ${describeDuration(next.in_ms)}; \`bosunctl start ${name}\` runs it now.`;
  switch (state) {
    case 'failed':
      return `Bosun has given up: see \`bosunctl logs ${name}\`, then \`bosunctl start ${name}\`.`;
    case 'stopped':
      return waitingFor.length > 0 ? '' : `It stays so until \`bosunctl start ${name}\`.`;
    case 'skipped':
      return 'It is left out until its `when:` is true at a start of Bosun or at `bosunctl apply`.';
    case 'unready':
      return 'It is not stopped for that: it is ready again as soon as its readiness says so.';
    case 'completed':
      return `It is done, and runs again only by \`bosunctl start ${name}\` or at the next boot.`;
    case 'waiting':
    case 'starting':
    case 'running':
    case 'stopping':
    case 'backoff':
    case 'scheduled':
      return '';
  }
}
