// Why a run ended without anybody having asked for it, in words.
import { describeExit } from '../../core/exit-status.ts';
import type { EndReason, SpawnError } from '../../core/service-state.ts';

/** For a sentence that begins with the service: `consul exited with code 3`. */
export function describeEnd(reason: EndReason): string {
  switch (reason.kind) {
    case 'exit':
      return describeExit(reason.exit);
    case 'spawn':
      return `cannot be started: ${describeSpawnError(reason.error)}`;
    case 'startup-timeout':
      return 'was not ready in time';
    case 'not-found':
      return `was not found in time${reason.finding === '' ? '' : `: ${reason.finding}`}`;
    case 'liveness':
      return 'was not alive any more';
    case 'hook':
      return `its hook ${reason.hook} failed${reason.detail === '' ? '' : `: ${reason.detail}`}`;
  }
}

/** The launcher's message is a sentence of its own, for drop-in mode, where nothing stands before it. */
export function describeSpawnError({ code, message }: SpawnError): string {
  const text = message.replace(/^cannot start /, '');
  return text.includes(code) ? text : `${text} (${code})`;
}
