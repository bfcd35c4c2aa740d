// From a probe's declaration to the probe: the one place that knows all kinds.
import type { Command } from '../core/argv.ts';
import type { ProbeSpec } from '../core/probe-spec.ts';
import { execProbe, type ExecOutcome } from './exec.ts';
import { fileProbe } from './file.ts';
import { httpProbe } from './http.ts';
import type { Probe } from './probe.ts';
import { tcpProbe } from './tcp.ts';

/** Runs a command in the context of the probed service, for no longer than the timeout. */
export type RunInContext = (command: Command, timeoutMs: number, signal: AbortSignal) => Promise<ExecOutcome>;

export function createProbe({ action, timeoutMs }: ProbeSpec, run: RunInContext): Probe {
  switch (action.kind) {
    case 'http':
      return httpProbe(action);
    case 'tcp':
      return tcpProbe(action.host, action.port);
    case 'file':
      return fileProbe(action.path);
    case 'exec':
      return execProbe((signal) => run(action.command, timeoutMs, signal), timeoutMs);
  }
}
