// Another configuration has other services, and so other counters: they are made with it, and shown to the control plane.
import type { Counters } from '../engine/counters.ts';
import { LogHost } from '../engine/log-host.ts';
import { PlaneHost } from '../engine/plane-host.ts';
import type { LogPort } from '../engine/ports.ts';

export function countedLogs(logs: LogPort, counters: Counters, share: () => void): LogPort {
  return {
    lend: (spec, end) => {
      logs.lend(spec, end);
    },
    configured: (spec) => {
      logs.configured(spec);
      counters.configured(spec);
      share();
    },
  };
}

/** In drop-in mode nobody could ask for them. */
export function shareCounters(plane: object, logs: object, { board, services }: Counters): void {
  if (plane instanceof PlaneHost && logs instanceof LogHost)
    plane.shareCounters({ board, services, logs: logs.tallies });
}
