// A plan in one line, for the log: `+ cache, - old, ~ db (command), = web (restart)`. The signs are those of `bosunctl plan`.
import { describeDifference } from '../../wire/difference.ts';
import type { ChangeView, DiagnosticView, PlanView } from '../../wire/plan-view.ts';

const SIGNS: Readonly<Record<ChangeView['kind'], string>> = {
  added: '+',
  removed: '-',
  restarted: '~',
  updated: '=',
};

export function summarize({ changes, settings }: PlanView): string {
  return [
    ...changes.map(({ service, kind, keys }) => `${SIGNS[kind]} ${service}${inBrackets(keys)}`),
    ...settings.map((difference) => `= ${describeDifference(difference)}`),
  ].join(', ');
}

function inBrackets(keys: readonly string[]): string {
  return keys.length === 0 ? '' : ` (${keys.join(', ')})`;
}

/** One line of the log; `bosunctl plan` shows the line of the file too. */
export function describeDiagnostic({ file, line, column, message, remedy }: DiagnosticView): string {
  return `${file}:${line}:${column}: ${message}. ${remedy}`;
}
