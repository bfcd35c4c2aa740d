// `bosunctl status`: all services in a table, or everything about one.
import { describeDuration } from '../wire/duration.ts';
import type { ServicesView, ServiceView } from '../wire/service-view.ts';
import { firstWord, printJson, type CliCommand } from './command.ts';
import { EXIT } from './exit-code.ts';
import { renderStatusTable, sinceText, wrapText } from './status-table.ts';
import type { Terminal } from './terminal.ts';

export const command: CliCommand = {
  name: 'status',
  words: '[name]',
  summary: 'Show all services, or one of them in full',
  example: 'bosunctl status caddy',
  options: [],
  run: async ({ terminal, client }, input) => {
    const name = firstWord(input);
    const view = name === '' ? await client().services() : await client().service(name);
    if (input.json) await printJson(terminal, view);
    else await terminal.print('services' in view ? renderAll(view, terminal) : renderOne(view, terminal));
    return EXIT.done;
  },
};

function renderAll({ phase, shutdown, services }: ServicesView, terminal: Terminal): string {
  const head = phase === 'up' ? '' : `Bosun is ${phase}${describeShutdown(shutdown)}.\n`;
  if (services.length === 0) return `${head}There are no services.\n`;
  return head + renderStatusTable(services, terminal, Date.now());
}

function describeShutdown(shutdown: ServicesView['shutdown']): string {
  if (shutdown === null) return '';
  const { kill_in_ms: killMs, end_in_ms: endMs } = shutdown;
  const kill = killMs === 0 ? 'SIGKILL was sent' : `${describeDuration(killMs)} to SIGKILL`;
  return `: ${kill}, the end in ${describeDuration(endMs)} at the latest`;
}

const LABEL_WIDTH = 14;

function renderOne(view: ServiceView, terminal: Terminal): string {
  const rows: readonly (readonly [string, string])[] = [
    ['name', view.name],
    ['description', view.description],
    ['type', view.importance === 'normal' ? view.type : `${view.type}, ${view.importance}`],
    ['state', view.state],
    ['since', view.since === null ? '' : `${view.since} (${sinceText(view, Date.now())})`],
    ['note', view.note],
    ['says', view.status_text],
    ['degraded', view.degraded.join('; ')],
    ['next', nextText(view)],
    ['wanted', view.wanted],
    ['pid', view.pid === null ? '' : String(view.pid)],
    ['run', view.run === null ? '' : String(view.run)],
    ['started', view.started_at ?? ''],
    ['ready', readyText(view)],
    ['starts', `${view.starts}, of them ${view.restarts} restarts by policy`],
    ['last exit', view.last_exit?.text ?? ''],
    ['left behind', view.strays.map(({ name, pid, run }) => `${name} (pid ${pid}, run ${run})`).join(', ')],
    ['depends on', view.depends_on.map(({ service, condition }) => `${service} (${condition})`).join(', ')],
  ];
  return rows.flatMap(([label, text]) => (text === '' ? [] : renderField(label, text, terminal))).join('');
}

function nextText({ next }: ServiceView): string {
  return next === null ? '' : `${NEXT[next.action]} in ${describeDuration(next.in_ms)}, at ${next.at}`;
}

const NEXT = { start: 'a new start', kill: 'SIGKILL', run: 'a run' } as const;

function renderField(label: string, text: string, terminal: Terminal): string[] {
  const [first = '', ...more] = wrapText(text, terminal.columns - LABEL_WIDTH);
  const head = terminal.paint('bold', `${label}:`) + ' '.repeat(LABEL_WIDTH - label.length - 1);
  return [`${head}${first}\n`, ...more.map((line) => `${' '.repeat(LABEL_WIDTH)}${line}\n`)];
}

function readyText(view: ServiceView): string {
  if (view.ready_at === null) return view.ready ? 'yes' : 'no';
  return `${view.ready_at}, ${view.ready_after_ms ?? 0} ms after the start`;
}
