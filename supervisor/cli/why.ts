// `bosunctl why`: in sentences, what a service waits for, how it last ended, and what happens next.
import { describeDuration } from '../wire/duration.ts';
import type { ServiceView, StateView } from '../wire/service-view.ts';
import { firstWord, printJson, type CliCommand } from './command.ts';
import { EXIT } from './exit-code.ts';
import { sinceText, wrapText } from './status-table.ts';

export const command: CliCommand = {
  name: 'why',
  words: '<name>',
  summary: 'Explain the state of a service: what it waits for, how it last ended, what is next',
  example: 'bosunctl why caddy',
  options: [],
  run: async ({ terminal, client }, input) => {
    const bosun = client();
    const view = await bosun.service(firstWord(input));
    const { services } = await bosun.services();
    const sentences = explain(view, services);
    if (input.json) await printJson(terminal, { service: view.name, state: view.state, sentences });
    else
      await terminal.print(
        sentences.map((text) => `${wrapText(text, terminal.columns).join('\n')}\n`).join(''),
      );
    return EXIT.done;
  },
};

export function explain(view: ServiceView, all: readonly ServiceView[]): readonly string[] {
  const sentences = [
    describeState(view),
    ...describeWaits(view, all),
    ...describeHindrances(view),
    describeLastExit(view),
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

function describeWaits(view: ServiceView, all: readonly ServiceView[]): readonly string[] {
  return view.waiting_for.map(({ service, condition, verdict, state }) => {
    const note = all.find((other) => other.name === service)?.note ?? '';
    const now = `It needs ${service} (${condition}), which is ${state}${note === '' ? '' : ` (${note})`}.`;
    if (verdict === 'pending') return now;
    return `${now} Nothing will change by itself: see \`bosunctl why ${service}\`, then \`bosunctl start ${view.name}\`.`;
  });
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

function describeLastExit({ last_exit: lastExit, note }: ServiceView): string {
  if (lastExit === null || note.includes(lastExit.text)) return '';
  return `Its last run ${lastExit.text.startsWith('killed') ? 'was ' : ''}${lastExit.text}.`;
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
    case 'waiting':
    case 'starting':
    case 'running':
    case 'unready':
    case 'stopping':
    case 'backoff':
    case 'completed':
    case 'scheduled':
      return '';
  }
}
