// Signal numbers and names of this platform, signal(7).
import { constants } from 'node:os';
import type { SignalName } from '../core/service-spec.ts';

const nameOf = new Map<number, SignalName>();
for (const [name, number] of Object.entries(constants.signals)) {
  // SIGIOT and SIGPOLL are other names of SIGABRT and SIGIO: the usual one comes first.
  if (!nameOf.has(number)) nameOf.set(number, name as SignalName);
}

/** A real-time signal has no name in Node; it is told by its number. */
export function signalName(number: number): SignalName {
  return nameOf.get(number) ?? (`SIG${String(number)}` as SignalName);
}

export function signalNumber(name: SignalName): number {
  return constants.signals[name];
}
