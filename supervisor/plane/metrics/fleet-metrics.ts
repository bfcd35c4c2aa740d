// What is about the whole and about the control plane itself, as lines of a scrape.
import type { Phase } from '../../core/fleet.ts';
import type { JobState } from '../../core/job.ts';
import type { JournalView } from '../../wire/service-view.ts';
import type { SinkStatus } from '../logs/shipping/sink-status.ts';
import type { FleetView } from '../views/fleet-view.ts';
import { escapeLabel, label, sample, type Exposition } from './exposition.ts';
import { FAMILIES, type MetricFamily } from './families.ts';

const PHASES = Object.keys({
  created: 0,
  up: 0,
  stopping: 0,
  sweeping: 0,
  ended: 0,
} satisfies Record<Phase['kind'], 0>);
const JOB_STATES = Object.keys({
  starting: 0,
  running: 0,
  stopping: 0,
  ended: 0,
} satisfies Record<JobState['kind'], 0>);

export function writeFleet(to: Exposition, view: FleetView, version: string): void {
  const { phase, jobs } = view.fleet;
  const info = `${label('version', escapeLabel(version))},${label('node', process.version)}`;
  to.family(FAMILIES.buildInfo, sample(FAMILIES.buildInfo.name, info, 1));
  writeEach(to, FAMILIES.fleetPhase, 'phase', PHASES, (kind) => (phase.kind === kind ? 1 : 0));
  writeEach(
    to,
    FAMILIES.jobs,
    'state',
    JOB_STATES,
    (kind) => jobs.filter((job) => job.state.kind === kind).length,
  );
  to.family(FAMILIES.events, sample(FAMILIES.events.name, '', view.events.lastId));
}

export function writeJournal(to: Exposition, journal: JournalView): void {
  const held = journal.state === 'held-in-memory' ? journal : { held: 0, lost: 0 };
  const { journalUp, journalHeld, journalLost } = FAMILIES;
  to.family(journalUp, sample(journalUp.name, '', journal.state === 'held-in-memory' ? 0 : 1));
  to.family(journalHeld, sample(journalHeld.name, '', held.held));
  to.family(journalLost, sample(journalLost.name, '', held.lost));
}

export function writeSinks(to: Exposition, sinks: readonly SinkStatus[]): void {
  const each = (family: MetricFamily, value: (sink: SinkStatus) => number): void => {
    to.family(
      family,
      sinks.map((sink) => sample(family.name, label('sink', escapeLabel(sink.name)), value(sink))).join(''),
    );
  };
  each(FAMILIES.sinkUp, ({ state }) => (state.kind === 'ok' ? 1 : 0));
  each(FAMILIES.sinkQueuedLines, ({ queuedLines }) => queuedLines);
  each(FAMILIES.sinkQueuedBytes, ({ queuedBytes }) => queuedBytes);
  each(FAMILIES.sinkQueueLimit, ({ limitBytes }) => limitBytes);
  const { name } = FAMILIES.sinkLines;
  const lines = sinks.map((sink) => {
    const own = label('sink', escapeLabel(sink.name));
    return [
      sample(name, `${own},result="sent"`, sink.sentLines),
      sample(name, `${own},result="lost"`, sink.missedLines),
      sample(name, `${own},result="refused"`, sink.refusedLines),
    ].join('');
  });
  to.family(FAMILIES.sinkLines, lines.join(''));
}

function writeEach(
  to: Exposition,
  family: MetricFamily,
  name: string,
  values: readonly string[],
  of: (value: string) => number,
): void {
  to.family(family, values.map((value) => sample(family.name, label(name, value), of(value))).join(''));
}
