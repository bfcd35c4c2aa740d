// Faults on demand, for tests and for whoever wants to see promise P8 for himself: with BOSUN_FAULT_INJECTION=plane (or logs) in its
// environment Bosun makes the control plane's (or the logs') thread throw at every SIGUSR2, with `engine` the engine itself, for promise P9.
// Without it this file does nothing.
import { LogHost } from '../engine/log-host.ts';
import { PlaneHost } from '../engine/plane-host.ts';

export function installFaultInjection(
  environment: NodeJS.ProcessEnv,
  faults: { readonly plane: () => void; readonly logs: () => void },
): void {
  const asked = environment['BOSUN_FAULT_INJECTION'];
  if (asked === 'plane' || asked === 'logs') process.on('SIGUSR2', faults[asked]);
  if (asked === 'engine')
    process.on('SIGUSR2', () => {
      throw new Error('fault injection: the engine was told to throw');
    });
}

/** In drop-in mode there are no such threads. */
export function threadBreakers(
  plane: object,
  logs: object,
): { readonly plane: () => void; readonly logs: () => void } {
  return {
    plane: () => {
      if (plane instanceof PlaneHost) plane.breakWorker();
    },
    logs: () => {
      if (logs instanceof LogHost) logs.breakThread();
    },
  };
}
