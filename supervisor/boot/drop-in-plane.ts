// In place of the control plane in drop-in mode, where Bosun is a plain init: no socket, no thread, nothing on stdout, which is
// the command's. Told is, on stderr, only a command that could not be started, as a shell would, and what the kernel refuses.
import type { RecordedEvent } from '../core/event.ts';
import type { PlanePort } from '../engine/ports.ts';
import { tell } from './last-resort.ts';

export class DropInPlane implements PlanePort {
  readonly unlent = 0;

  start(): void {
    // There is nothing to start.
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  publish(events: readonly RecordedEvent[]): void {
    for (const { event } of events) {
      if (event.type === 'spawn-failed') tell(`bosun: ${event.error.message}`);
      if (event.type === 'signal-refused')
        tell(`bosun: ${event.signal} was refused by the kernel (${event.errno})`);
      if (event.type === 'call-failed')
        tell(`bosun: ${event.call} failed with ${event.errno}: ${event.text}`);
    }
  }

  reply(): void {
    // Nobody can send a command.
  }

  configured(): void {
    // The command is all there is.
  }

  requestApply(): void {
    // There is no configuration.
  }

  lendJob(): void {
    // Nobody can ask for a job.
  }
}
