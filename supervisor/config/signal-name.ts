// Signal names as people write them (SIGTERM, TERM, term) to the one form of the core. signal(7) has the list.
import { constants } from 'node:os';
import type { SignalName } from '../core/service-spec.ts';
import { ok, quote, wrong, type Parsed } from './parsed.ts';
import { didYouMean } from '../core/suggestion.ts';

export const SIGNAL_NAMES: readonly SignalName[] = Object.keys(constants.signals).filter(isSignalName);

function isSignalName(name: string): name is SignalName {
  return Object.hasOwn(constants.signals, name);
}

export function parseSignal(value: unknown): Parsed<SignalName> {
  if (typeof value !== 'string')
    return wrong(`must be the name of a signal, not ${quote(value)}`, listOfSignals());
  const upper = value.trim().toUpperCase();
  const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  if (isSignalName(name)) return ok(name);
  if (name.startsWith('SIGRT'))
    return wrong(`${quote(value)} is a real-time signal, which Bosun cannot send`, listOfSignals());
  return wrong(`${quote(value)} is not a signal`, didYouMean(name, SIGNAL_NAMES) + listOfSignals());
}

function listOfSignals(): string {
  return `One of ${SIGNAL_NAMES.map((name) => name.slice(3)).join(', ')}, with or without SIG.`;
}
