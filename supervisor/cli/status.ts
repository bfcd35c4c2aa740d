// `bosunctl status`: all services in a table, or everything about one.
import { describeDuration } from '../wire/duration.ts';
import type { JournalView, ServicesView, ServiceView } from '../wire/service-view.ts';
import { firstWord, flagOption, printJson, UsageError, type CliCommand } from './command.ts';
import { EXIT } from './exit-code.ts';
import { foldLine } from './fold.ts';
import { renderStatusTable, sinceText, wrapText } from './status-table.ts';
import { watchServices } from './status-watch.ts';
import type { Terminal } from './terminal.ts';

export const command: CliCommand = {
  name: 'status',
  words: '[name]',
  summary: 'Show all services, or one of them in full',
  example: 'bosunctl status caddy',
  options: [{ flags: '--watch', help: 'all services, drawn anew after each change' }],
  details: `The columns are the name, the state, the pid of the main process, the time since it entered the state, the restarts by
policy, and a note: what it waits for, why it ended, what is next. [states.md](states.md) explains the states.

A service that is being stopped says how long it has until SIGKILL, and one that is stopped only after others names them:
\`stops after caddy (stopping: 3 s to SIGKILL)\`. While the container is being stopped, a line over the table says what is
left of the budget. A note that begins with \`!\` is of a service that has not all it was promised (\`degraded\`), such as a
limit of memory where control groups cannot be written; it runs all the same. What a service says of itself over sd_notify
stands in quotes.

\`--watch\` draws the table on the whole terminal until \`q\` or Ctrl-C; where standard output is not a terminal, the table is
printed again after each change, with \`--json\` as one line.`,
  run: async ({ terminal, client }, input) => {
    if (flagOption(input, 'watch')) {
      if (input.words.length > 0) throw new UsageError('--watch shows all services: name none');
      await watchServices({ terminal, client }, input.json ? 'json' : 'text', renderAll);
      return EXIT.done;
    }
    const name = firstWord(input);
    const view = name === '' ? await client().services() : await client().service(name);
    if (input.json) await printJson(terminal, view);
    else await terminal.print('services' in view ? renderAll(view, terminal) : renderOne(view, terminal));
    return EXIT.done;
  },
};

function renderAll({ phase, shutdown, journal, services }: ServicesView, terminal: Terminal): string {
  const stopping = phase === 'up' ? '' : `Bosun is ${phase}${describeShutdown(shutdown)}.\n`;
  const head = `${stopping}${describeJournal(journal)}`;
  if (services.length === 0) return `${head}There are no services.\n`;
  return head + renderStatusTable(services, terminal, Date.now());
}

/** While it is not as it should be. */
function describeJournal({ state, reason, held, lost }: JournalView): string {
  if (state === 'writing') return '';
  const gone = lost === 0 ? '' : `, ${lost} lost`;
  const said = `The journal is not written (${reason}): ${held} events are held in memory${gone}.`;
  return foldLine(`${said} See \`bosunctl doctor\`.`);
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
