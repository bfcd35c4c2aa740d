// A plan for people: one line for each service with a sign before it, and under it what differs.
import { describeDifference } from '../wire/difference.ts';
import type { ChangeView, PlanView } from '../wire/plan-view.ts';
import { wrapText } from './status-table.ts';
import type { Style, Terminal } from './terminal.ts';

type Kind = ChangeView['kind'];

const LEAST_TEXT = 20;
const INDENT = '    ';

const SIGNS: Readonly<Record<Kind, string>> = { added: '+', removed: '-', restarted: '~', updated: '=' };
const WORDS: Readonly<Record<Kind, string>> = {
  added: 'added',
  removed: 'removed',
  restarted: 'restart',
  updated: 'update',
};
const STYLES: Readonly<Record<Kind, Style>> = {
  added: 'green',
  removed: 'red',
  restarted: 'yellow',
  updated: 'dim',
};

export function renderPlan(plan: PlanView, terminal: Terminal): string {
  const { changes, settings, needs_restart_of_bosun: later, warnings } = plan;
  const width = Math.max(0, ...changes.map(({ service }) => service.length));
  return [
    ...changes.map((change) => renderChange(change, width, terminal)),
    ...settings.map((difference) => row('= bosun.yaml  ', describeDifference(difference), terminal)),
    ...later.map((difference) =>
      row('! bosun.yaml  ', `${describeDifference(difference)}, from the next start of Bosun on`, terminal),
    ),
    ...warnings.map(({ file, line, message }) => row('! ', `${file}:${line}: ${message}`, terminal)),
    row('', describeRest(plan), terminal),
  ].join('');
}

function renderChange(
  { service, kind, keys, because }: ChangeView,
  width: number,
  terminal: Terminal,
): string {
  const head = `${SIGNS[kind]} ${service.padEnd(width)}  `;
  const what = keys.length === 0 ? WORDS[kind] : `${WORDS[kind]}: ${keys.join(', ')}`;
  const label = head.trimEnd();
  const painted = row(head, what, terminal).replace(label, terminal.paint(STYLES[kind], label));
  // What says no more than the key itself is left out.
  const told = because.filter(
    ({ key, before, after }) => before !== null || after !== null || key.includes('.'),
  );
  return painted + told.map((difference) => row('    ', describeDifference(difference), terminal)).join('');
}

/** What does not fit in the width goes on under the text; beside a name that is too long there is no place for any. */
function row(head: string, text: string, terminal: Terminal): string {
  if (head.length > terminal.columns - LEAST_TEXT) return `${head.trimEnd()}\n${row(INDENT, text, terminal)}`;
  const lines = wrapText(text, Math.max(LEAST_TEXT, terminal.columns - head.length));
  return `${head}${lines.join(`\n${' '.repeat(head.length)}`)}\n`;
}

function describeRest({ changes, settings, unchanged, directory }: PlanView): string {
  const rest = `${unchanged.length} ${unchanged.length === 1 ? 'service' : 'services'}`;
  if (changes.length + settings.length === 0) return `Nothing is different: ${rest} as in ${directory}.`;
  return `${rest} ${unchanged.length === 1 ? 'stays' : 'stay'} as before.`;
}
