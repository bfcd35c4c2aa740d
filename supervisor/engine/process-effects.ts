// The effects that reach the process of a run: one that Bosun started, or one that it is attached to.
import type { Effect } from '../core/effect.ts';
import type { ServiceSpec } from '../core/service-spec.ts';
import type { EnginePorts } from './ports.ts';

export type ProcessEffect = Extract<
  Effect,
  {
    type:
      'attach' | 'detach' | 'signal-group' | 'pass-on' | 'signal-leader' | 'stop-leader' | 'follow-leader';
  }
>;

/** `spec`: of the service that the effect names. */
export function runProcessEffect(
  effect: ProcessEffect,
  { attachment }: ServiceSpec,
  { runs, attached }: Pick<EnginePorts, 'runs' | 'attached'>,
): void {
  const { run } = effect;
  const whose = attachment.kind === 'process' ? 'attached' : 'ours';
  switch (effect.type) {
    case 'attach':
      if (attachment.kind === 'process') attached.attach(effect.service, run, attachment.query);
      return;
    case 'detach':
      attached.detach(run);
      return;
    case 'signal-group':
      runs.signalGroup(run, effect.signal);
      return;
    case 'pass-on':
      runs.signalGroupOnly(run, effect.signal);
      return;
    case 'signal-leader':
      if (whose === 'attached') attached.signal(run, effect.signal);
      else runs.signalLeader(run, effect.signal);
      return;
    case 'stop-leader':
      if (whose === 'attached') attached.stop(run, effect.signal);
      else runs.stopLeader(run, effect.signal);
      return;
    case 'follow-leader':
      runs.followLeader(run, effect.pid);
      return;
  }
}
