// The number in which wait(2) tells how a process ended, as an ExitStatus.
import type { ExitStatus } from '../core/exit-status.ts';
import { signalName } from './signal-names.ts';

const SIGNAL_BITS = 0x7f;
const CORE_BIT = 0x80;

/** The code is in the second byte, the signal in the lower bits of the first. */
export function decodeWaitStatus(status: number): ExitStatus {
  const number = status & SIGNAL_BITS;
  if (number === 0) return { kind: 'code', code: (status >> 8) & 0xff };
  const core = (status & CORE_BIT) === 0 ? 'none' : 'dumped';
  return { kind: 'signal', signal: signalName(number), number, core, by: 'unknown' };
}
