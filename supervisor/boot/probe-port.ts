// The probes as the engine's port: each runs in the context of its service, exec probes through the tool runner.
import type { ProbeAnswer } from '../core/input.ts';
import type { Counters } from '../engine/counters.ts';
import type { ClockPort, ProbePort } from '../engine/ports.ts';
import type { ToolRunner } from '../os/tool.ts';
import { createProbe } from '../probe/create-probe.ts';
import { ProbeLoop } from '../probe/probe-loop.ts';

/** `mayExecute`: before an exec probe is begun. */
export function createProbePort(
  tool: ToolRunner,
  clock: ClockPort,
  mayExecute?: () => Promise<void>,
  counters?: Pick<Counters, 'probing' | 'probed'>,
): ProbePort {
  return {
    start: ({ name, environment, workingDir, execution }, planned, launchedAtMs, report) => {
      const probe = createProbe(planned.probe, (command, timeoutMs, signal) =>
        tool({ command, environment, workingDir, execution, timeoutMs }, signal),
      );
      const mayAsk = planned.probe.action.kind === 'exec' ? mayExecute : undefined;
      counters?.probing(name, planned.purpose);
      const counted = (answer: ProbeAnswer, tookMs: number): void => {
        counters?.probed(name, planned.purpose, answer, tookMs);
        report(answer);
      };
      return new ProbeLoop({ probe, planned, launchedAtMs, clock, report: counted, mayAsk });
    },
  };
}
