// What is being done to end a run, and how long until SIGKILL: the countdown that whoever waits for a stop wants to see.
import { describeExit } from '../../core/exit-status.ts';
import type { ServiceSpec } from '../../core/service-spec.ts';
import type { StopCause, StoppingState } from '../../core/service-state.ts';
import { describeDuration } from '../../wire/duration.ts';

export function describeStopping(state: StoppingState, spec: ServiceSpec, nowMs: number): string {
  const left = `${describeDuration(state.killAtMs - nowMs)} to SIGKILL`;
  switch (state.step) {
    case 'pre-stop':
      return `running its pre_stop hook, ${left}`;
    case 'killed':
      return 'SIGKILL sent, waiting for its processes to go';
    case 'post-stop':
      return 'running its post_stop hook';
    case 'down':
      return `undoing by its down command: ${left}`;
    case 'asked':
      if (state.process.kind === 'preparing') return 'ending its pre_start hook';
      if (state.exit !== undefined) return `${describeExit(state.exit)}, ending the rest of it: ${left}`;
      return `${STOPPING[state.cause]}${spec.stop.command === undefined ? '' : ' by its stop command'}: ${left}`;
  }
}

const STOPPING: Readonly<Record<StopCause, string>> = {
  requested: 'stopping',
  restart: 'stopping to be restarted',
  'dependency-restarted': 'stopping to be restarted after its dependency',
  shutdown: 'stopping',
  'startup-timeout': 'not ready in time, stopping',
  'liveness-failed': 'not alive any more, stopping',
  'hook-failed': 'its hook failed, stopping',
  reconfigured: 'stopping for the new configuration',
  'leader-exited': 'stopping',
};
