// The name of a signal among the words of a command: whether it is one, before Bosun is asked.
import { constants } from 'node:os';
import { didYouMean } from '../core/suggestion.ts';
import { UsageError } from './command.ts';

const SIGNALS = Object.keys(constants.signals).map((name) => name.replace(/^SIG/, ''));

/** `to`: the other word; the two are easily exchanged. Throws UsageError. */
export function checkSignal(signal: string, to: string, command: 'signal' | 'job signal'): void {
  if (isSignal(signal)) return;
  const hint = isSignal(to)
    ? `The signal comes first: \`bosunctl ${command} ${to} ${signal}\`.`
    : didYouMean(signal.toUpperCase(), SIGNALS);
  throw new UsageError(`${JSON.stringify(signal)} is not a signal, such as HUP. ${hint}`.trimEnd());
}

function isSignal(word: string): boolean {
  return SIGNALS.includes(word.toUpperCase().replace(/^SIG/, ''));
}
