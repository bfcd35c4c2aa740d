// Settings as a table that fits the terminal, and what a change has changed.
import type { ApplicationChangedView, ApplicationView, SettingChangeView } from '../wire/application-view.ts';
import { writeSetting } from '../wire/setting-text.ts';
import type { Terminal } from './terminal.ts';

const LEAST_VALUE = 8;

/** `fitting`: what is too long is cut. */
export function renderSettings(
  { service, values }: ApplicationView,
  terminal: Terminal,
  form: 'fitting' | 'whole',
): string {
  const rows = Object.entries(values).map(([key, value]) => [key, writeSetting(value)] as const);
  if (rows.length === 0) return `The application of ${service} has no settings.\n`;
  const width = Math.max(...rows.map(([key]) => key.length), 'KEY'.length);
  const room = Math.max(LEAST_VALUE, terminal.columns - width - 2);
  const lines = rows.map(
    ([key, text]) => `${key.padEnd(width)}  ${form === 'whole' ? text : cut(text, room)}\n`,
  );
  return `${terminal.paint('bold', `${'KEY'.padEnd(width)}  VALUE`)}\n${lines.join('')}`;
}

export function renderChanges(
  { service, revision, changes }: ApplicationChangedView,
  terminal: Terminal,
): string {
  const lines = changes.map((change) => `${renderChange(change)}\n`);
  return `${lines.join('')}${terminal.paint('dim', `${service} is at revision ${revision}`)}\n`;
}

export function renderChange({ key, old, new: fresh }: SettingChangeView): string {
  if (fresh === undefined) return `${key}: ${old === undefined ? '' : `${writeSetting(old)} -> `}(gone)`;
  return `${key}: ${old === undefined ? '(none)' : writeSetting(old)} -> ${writeSetting(fresh)}`;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 3)}...`;
}
