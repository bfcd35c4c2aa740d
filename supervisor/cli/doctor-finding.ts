// What a check of `bosunctl doctor` finds, and how it is shown: a line with its verdict, and below it what to do.
import { wrapText } from './status-table.ts';
import type { Style, Terminal } from './terminal.ts';

/** `warning`: it works, but not as well as it could. `unknown`: it could not be looked at from here. */
export type Verdict = 'good' | 'warning' | 'failed' | 'unknown';

export type Finding = {
  /** A few words that stay the same. */
  readonly check: string;
  readonly verdict: Verdict;
  readonly text: string;
  /** What to do; empty when nothing is to be done. */
  readonly remedy: string;
};

export function good(check: string, text: string): Finding {
  return { check, verdict: 'good', text, remedy: '' };
}

export function warning(check: string, text: string, remedy: string): Finding {
  return { check, verdict: 'warning', text, remedy };
}

export function failed(check: string, text: string, remedy: string): Finding {
  return { check, verdict: 'failed', text, remedy };
}

export function unknown(check: string, text: string): Finding {
  return { check, verdict: 'unknown', text: `not checked from here: ${text}`, remedy: '' };
}

const SIGNS: Readonly<Record<Verdict, readonly [word: string, style: Style]>> = {
  good: ['ok', 'green'],
  warning: ['warn', 'yellow'],
  failed: ['FAIL', 'red'],
  unknown: ['-', 'dim'],
};
const SIGN_WIDTH = 6;

export function renderFindings(findings: readonly Finding[], terminal: Terminal): string {
  const counted = (verdict: Verdict): number =>
    findings.filter((finding) => finding.verdict === verdict).length;
  const summary = `${findings.length} checks: ${counted('failed')} failed, ${counted('warning')} to look at, ${counted('unknown')} not checked.`;
  return `${findings.map((finding) => renderFinding(finding, terminal)).join('')}${summary}\n`;
}

function renderFinding({ check, verdict, text, remedy }: Finding, terminal: Terminal): string {
  const [word, style] = SIGNS[verdict];
  const width = terminal.columns - SIGN_WIDTH;
  const [first = '', ...more] = wrapText(`${check}: ${text}`, width);
  const advice = remedy === '' ? [] : wrapText(`> ${remedy}`, width);
  const sign = terminal.paint(style, word) + ' '.repeat(SIGN_WIDTH - word.length);
  const indented = [...more, ...advice].map((line) => `${' '.repeat(SIGN_WIDTH)}${line}\n`);
  return `${sign}${first}\n${indented.join('')}`;
}
