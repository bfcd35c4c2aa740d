// What became of a configuration, in Bosun's own log: for who reads along, and for SIGHUP, whose sender sees nothing else.
import { describeDifference } from '../../wire/difference.ts';
import type { DiagnosticView, PlanView } from '../../wire/plan-view.ts';
import type { DeskAnswer } from '../commands/command-desk.ts';
import type { OwnLog } from '../logs/own-log.ts';
import { changesNothing } from './plan.ts';
import { describeDiagnostic, summarize } from './plan-summary.ts';

/** More than that say no more than the first ones; `bosunctl plan` has all of them. */
const MOST_TOLD = 50;

export function tellRefused(log: OwnLog, actor: string, diagnostics: readonly DiagnosticView[]): void {
  tellDiagnostics(log, 'error', diagnostics);
  const text = `the configuration that ${actor} asked to be applied is wrong; nothing was changed. See: bosunctl plan`;
  log({ level: 'error', text });
}

export function tellApplied(log: OwnLog, actor: string, plan: PlanView, answer: DeskAnswer): void {
  tellDiagnostics(log, 'warn', plan.warnings);
  if (answer.kind !== 'accepted') {
    log({ level: 'error', text: `the configuration was not applied, asked by ${actor}: ${whyNot(answer)}` });
    return;
  }
  const what = changesNothing(plan) ? 'nothing is different' : summarize(plan);
  log({ level: 'info', text: `configuration applied, asked by ${actor}: ${what}`, fields: { actor } });
  for (const difference of plan.needs_restart_of_bosun)
    log({ level: 'warn', text: `used at the next start of Bosun only: ${describeDifference(difference)}` });
}

function tellDiagnostics(log: OwnLog, level: 'warn' | 'error', diagnostics: readonly DiagnosticView[]): void {
  for (const diagnostic of diagnostics.slice(0, MOST_TOLD))
    log({ level: diagnostic.severity === 'error' ? 'error' : level, text: describeDiagnostic(diagnostic) });
  const more = diagnostics.length - MOST_TOLD;
  if (more > 0) log({ level, text: `and ${more} more; bosunctl plan shows all of them` });
}

function whyNot(answer: Exclude<DeskAnswer, { kind: 'accepted' }>): string {
  switch (answer.kind) {
    case 'refused':
      return answer.error.message;
    case 'no-answer':
      return 'the engine did not answer in time';
    case 'closed':
      return 'Bosun is ending';
  }
}
