// What the engine and the logs' thread count in memory that they share (core/counter-board.ts, core/log-board.ts), as lines of a scrape. It is right
// however often a control plane has died.
import { ANSWER, BOARD, PROBE, PROBE_AT, USED, type SharedCounters } from '../../core/counter-board.ts';
import { TALLY } from '../../core/log-board.ts';
import type { ProbePurpose } from '../../core/event.ts';
import { isLive } from '../../core/service-state.ts';
import type { SeenService } from '../views/fleet-view.ts';
import { label, sample, type Exposition } from './exposition.ts';
import { FAMILIES } from './families.ts';
import type { Labelled } from './service-metrics.ts';
import type { Used } from './used-resources.ts';

const PURPOSES: readonly ProbePurpose[] = ['startup', 'readiness', 'liveness'];

const NOTHING_USED: Used = { userSeconds: 0, systemSeconds: 0, readBytes: 0, writtenBytes: 0 };

/** Until the engine has shown its counters there are none. */
export class SharedMetrics {
  #board: Float64Array | undefined;
  #services: ReadonlyMap<string, Float64Array> = new Map();
  #logs: ReadonlyMap<string, BigInt64Array> = new Map();

  /** In place of those before. */
  join({ board, services, logs }: SharedCounters): void {
    this.#board = new Float64Array(board);
    this.#services = new Map([...services].map(([name, shared]) => [name, new Float64Array(shared)]));
    this.#logs = new Map([...logs].map(([name, shared]) => [name, new BigInt64Array(shared)]));
  }

  /** By processes of the service that the engine has waited for. */
  waitedFor(service: string): Used {
    const counters = this.#services.get(service);
    if (counters === undefined) return NOTHING_USED;
    return {
      userSeconds: counters[USED.userSeconds] ?? 0,
      systemSeconds: counters[USED.systemSeconds] ?? 0,
      readBytes: counters[USED.readBytes] ?? 0,
      writtenBytes: counters[USED.writtenBytes] ?? 0,
    };
  }

  write(to: Exposition, services: readonly Labelled<SeenService>[]): void {
    this.#writeProbes(to, services);
    this.#writeLogs(to, services);
    if (this.#board === undefined) return;
    const { orphansReaped, controlPlaneStarts } = FAMILIES;
    to.family(orphansReaped, sample(orphansReaped.name, '', this.#board[BOARD.orphansReaped] ?? 0));
    to.family(controlPlaneStarts, sample(controlPlaneStarts.name, '', this.#board[BOARD.planeStarts] ?? 0));
  }

  #writeProbes(to: Exposition, services: readonly Labelled<SeenService>[]): void {
    const { probeUp, probeRuns, probeDuration } = FAMILIES;
    const lines = { up: '', runs: '', duration: '' };
    for (const { labels: own, of } of services) {
      const counters = this.#services.get(of.record.name);
      if (counters === undefined) continue;
      for (const purpose of PURPOSES.filter((each) => hasProbe(of, each))) {
        const { passed, failed, seconds, answer } = probeCounts(counters, purpose);
        const labels = `${own},${label('probe', purpose)}`;
        if (answer !== ANSWER.none && isLive(of.record.state))
          lines.up += sample(probeUp.name, labels, answer === ANSWER.passed ? 1 : 0);
        lines.runs += sample(probeRuns.name, `${labels},result="success"`, passed);
        lines.runs += sample(probeRuns.name, `${labels},result="failure"`, failed);
        lines.duration += sample(`${probeDuration.name}_sum`, labels, seconds);
        lines.duration += sample(`${probeDuration.name}_count`, labels, passed + failed);
      }
    }
    to.family(probeUp, lines.up);
    to.family(probeRuns, lines.runs);
    to.family(probeDuration, lines.duration);
  }

  #writeLogs(to: Exposition, services: readonly Labelled<SeenService>[]): void {
    const { logBytes, logDropped, logMasked } = FAMILIES;
    const lines = { bytes: '', dropped: '', masked: '' };
    for (const { labels, of } of services) {
      const tally = this.#logs.get(of.record.name);
      if (tally === undefined) continue;
      lines.bytes += sample(logBytes.name, labels, Number(tally[TALLY.readBytes] ?? 0n));
      for (const [output, index] of DROPPED)
        lines.dropped += sample(logDropped.name, `${labels},output="${output}"`, Number(tally[index] ?? 0n));
      lines.masked += sample(logMasked.name, labels, Number(tally[TALLY.redacted] ?? 0n));
    }
    to.family(logBytes, lines.bytes);
    to.family(logDropped, lines.dropped);
    to.family(logMasked, lines.masked);
  }
}

function probeCounts(
  counters: Float64Array,
  purpose: ProbePurpose,
): Readonly<Record<keyof typeof PROBE, number>> {
  const at = (field: keyof typeof PROBE): number => counters[PROBE_AT[purpose] + PROBE[field]] ?? 0;
  return { passed: at('passed'), failed: at('failed'), seconds: at('seconds'), answer: at('answer') };
}

const DROPPED = [
  ['stdout', TALLY.stdoutDroppedLines],
  ['file', TALLY.fileDroppedLines],
  ['sink', TALLY.spoolDroppedLines],
] as const;

/** Of those that are asked again and again; a line of the log or a notification comes by itself. */
function hasProbe({ spec }: SeenService, purpose: ProbePurpose): boolean {
  return spec[purpose].kind === 'probe';
}
