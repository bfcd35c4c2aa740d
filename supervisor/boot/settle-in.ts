// What Bosun makes of the process that it was started as, before it starts any other.
import type { SystemCalls } from '../os/system-calls.ts';
import type { CallTroubles } from './call-troubles.ts';

export function settleIn(calls: SystemCalls, troubles: CallTroubles, place: 'pid1' | 'below'): void {
  // What whoever started us left open is not the services' business.
  const kept = calls.closeOnExecFrom(3);
  troubles.check('close_range(2)', kept, 'services get the open files that Bosun was started with');
  if (place === 'pid1') return;
  const adopted = calls.becomeSubreaper();
  troubles.check('prctl(2)', adopted, 'what services leave behind goes to another process');
}
