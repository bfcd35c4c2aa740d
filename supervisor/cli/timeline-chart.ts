// The last boot for the terminal: a bar for each service within its width, and the critical chain as a table.
import { describeDuration } from '../wire/duration.ts';
import { shorten, wrapText } from './status-table.ts';
import type { Terminal } from './terminal.ts';
import type { BootedService, BootTimeline, ChainLink } from './timeline-model.ts';

const LEAST_BAR = 10;

type Signs = {
  readonly waiting: string;
  readonly preparing: string;
  readonly running: string;
  readonly end: string;
};

const UNICODE: Signs = { waiting: '·', preparing: '░', running: '█', end: '▏' };
const ASCII: Signs = { waiting: '.', preparing: '-', running: '#', end: '|' };

export function renderTimeline(timeline: BootTimeline, terminal: Terminal): string {
  const { services } = timeline;
  if (services.length === 0) return 'There were no services at the last boot.\n';
  const signs = terminal.charset === 'unicode' ? UNICODE : ASCII;
  const paragraphs = [
    wrapText(describeBoot(timeline), terminal.columns).join('\n'),
    renderBars(timeline, signs, terminal),
    renderChain(timeline, terminal),
    describeUnsettled(services, terminal),
  ];
  return `${paragraphs.filter((text) => text !== '').join('\n\n')}\n`;
}

function describeBoot({ duration_ms: durationMs, bosun_ms: bosunMs, ...timeline }: BootTimeline): string {
  const { booted_at: bootedAt, services, critical_chain: chain } = timeline;
  const count = `${services.length} ${services.length === 1 ? 'service' : 'services'}`;
  if (chain.length === 0) return `Boot of ${bootedAt}: ${count}, none of them ready.`;
  const share = durationMs === 0 ? 0 : (100 * bosunMs) / durationMs;
  const ready = services.filter(({ outcome }) => outcome === 'ready' || outcome === 'completed').length;
  const all = ready === services.length ? 'all' : `${ready} of them`;
  return (
    `Boot of ${bootedAt}: ${count}, ${all} ready after ${exactly(durationMs)}. ` +
    `Of that Bosun itself took ${exactly(bosunMs)} (${share.toFixed(1)} %) on the critical chain.`
  );
}

/** Tenths of a millisecond matter where few of them are Bosun's. */
function exactly(ms: number): string {
  return ms < 100 ? `${ms.toFixed(1)} ms` : ms < 10_000 ? `${Math.round(ms)} ms` : describeDuration(ms);
}

function renderBars(timeline: BootTimeline, signs: Signs, terminal: Terminal): string {
  const { services, critical_chain: chain } = timeline;
  const critical = new Set(chain.map(({ service }) => service));
  const endMs = lengthOf(timeline);
  const names = widest(['NAME', ...services.map(({ service }) => shorten(service))]);
  const times = widest(['READY', ...services.map(settledText)]);
  const room = Math.max(LEAST_BAR, terminal.columns - names - times - 6);
  const scale = `0${exactly(endMs).padStart(room - 1)}`;
  const head = `  ${'NAME'.padEnd(names)}  ${'READY'.padStart(times)}  ${scale}`;
  const rows = services.map((service) => {
    const mark = critical.has(service.service) ? '*' : ' ';
    const label = `${mark} ${shorten(service.service).padEnd(names)}`;
    const time = settledText(service).padStart(times);
    const bar = barOf(service, endMs, room, signs);
    return `${mark === '*' ? terminal.paint('bold', label) : label}  ${time}  ${bar}`.trimEnd();
  });
  const legend = `${signs.waiting} waits  ${signs.preparing} is being started  ${signs.running} runs, not ready yet  ${signs.end} ready  * critical chain`;
  return [terminal.paint('bold', head), ...rows, ...wrapText(legend, terminal.columns)].join('\n');
}

function lengthOf({ services, duration_ms: durationMs }: BootTimeline): number {
  const last = services.map(({ settled_ms: a, spawned_ms: b, starting_ms: c }) => a ?? b ?? c ?? 0);
  return Math.max(1, durationMs, ...last);
}

function settledText({ settled_ms: settledMs, outcome }: BootedService): string {
  if (settledMs === null) return '-';
  return outcome === 'ready' || outcome === 'completed' ? exactly(settledMs) : outcome;
}

function barOf(service: BootedService, endMs: number, room: number, signs: Signs): string {
  const { starting_ms: startingMs, spawned_ms: spawnedMs, settled_ms: settledMs, outcome } = service;
  if (outcome === 'skipped' || outcome === 'scheduled') return '';
  const cell = (ms: number | null): number => Math.round(((ms ?? endMs) / endMs) * (room - 1));
  const from = cell(startingMs);
  const spawned = Math.max(from, cell(spawnedMs ?? settledMs));
  const settled = Math.max(spawned, cell(settledMs));
  const bar =
    signs.waiting.repeat(from) +
    signs.preparing.repeat(spawned - from) +
    signs.running.repeat(settled - spawned);
  return outcome === 'ready' || outcome === 'completed' ? bar + signs.end : bar;
}

type Row = readonly [service: string, after: string, bosun: string, own: string, ready: string];

function renderChain({ critical_chain: chain }: BootTimeline, terminal: Terminal): string {
  if (chain.length === 0) return '';
  const head: Row = ['CRITICAL CHAIN', 'WAITED FOR', 'BOSUN', 'ITSELF', 'READY AT'];
  const rows = [head, ...chain.map(chainRow)];
  const widths = head.map((_, column) => widest(rows.map((row) => row[column] ?? '')));
  const lines = rows.map((row) =>
    row
      .map((text, column) =>
        column < 2 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return [terminal.paint('bold', lines[0] ?? ''), ...lines.slice(1)].join('\n');
}

function chainRow(link: ChainLink): Row {
  const after = link.waited_for === null ? '-' : shorten(link.waited_for);
  return [
    shorten(link.service),
    after,
    exactly(link.bosun_ms),
    exactly(link.service_ms),
    exactly(link.ready_ms),
  ];
}

/** What a bar alone does not say. */
function describeUnsettled(services: readonly BootedService[], { columns }: Terminal): string {
  const sentences = services.flatMap(({ service, outcome, runs }) => {
    const again = runs > 1 ? ` after ${runs} runs` : '';
    if (outcome === 'under-way')
      return [`${service} is not ready yet${again}: see \`bosunctl why ${service}\`.`];
    if (outcome === 'failed') return [`${service} has failed${again}: see \`bosunctl why ${service}\`.`];
    return again === '' ? [] : [`${service} was ready only${again}.`];
  });
  return sentences.flatMap((sentence) => wrapText(sentence, columns)).join('\n');
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length));
}
