// The last boot as a Gantt chart: one row for each service, with a line from the dependency that the critical chain waited for.
import { pixels, svgDocument, svgElement, svgHint, svgText } from './svg-document.ts';
import type { BootedService, BootTimeline } from './timeline-model.ts';

const ROW = 24;
const BAR = 14;
const CHART_WIDTH = 640;
const HEAD = 64;
const MARGIN = 16;
const LETTER = 8;
const TIMES_WIDTH = 90;

const STYLE = `
  .waiting { fill: #8c959f; fill-opacity: 0.3; }
  .preparing { fill: #d29922; }
  .running { fill: #57a6d9; }
  .critical { fill: #2f6fd0; }
  .failed { fill: #d1483f; }
  .chain { stroke: #2f6fd0; stroke-width: 1.5; stroke-dasharray: 3 2; fill: none; }
  .name { font-weight: bold; }`;

type Frame = { readonly left: number; readonly endMs: number; readonly x: (ms: number) => number };

export function drawTimeline(timeline: BootTimeline): string {
  const { services, critical_chain: chain, bosun_ms: bosunMs, duration_ms: durationMs } = timeline;
  const longest = Math.max(4, ...services.map(({ service }) => service.length));
  const left = MARGIN + longest * LETTER + 12;
  const settled = services.map(({ settled_ms: a, spawned_ms: b, starting_ms: c }) => a ?? b ?? c ?? 0);
  const endMs = Math.max(1, durationMs, ...settled);
  const frame: Frame = { left, endMs, x: (ms) => pixels(left + (ms / endMs) * CHART_WIDTH) };
  const critical = new Set(chain.map(({ service }) => service));
  const height = HEAD + services.length * ROW + 48;
  const title = `Boot of ${timeline.booted_at}: ready after ${writeMs(durationMs)}, of which Bosun ${writeMs(bosunMs)}`;
  const body = [
    svgText(MARGIN, 24, title),
    ...drawAxis(frame, services.length),
    ...services.flatMap((service, row) => drawService(service, row, critical.has(service.service), frame)),
    ...drawChain(timeline, frame),
    ...drawLegend(left, height - 18),
  ];
  const width = left + CHART_WIDTH + TIMES_WIDTH + MARGIN;
  return svgDocument({
    width: Math.max(width, MARGIN * 2 + title.length * LETTER),
    height,
    title,
    style: STYLE,
    body,
  });
}

function writeMs(ms: number): string {
  return ms < 100 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

/** Steps of 1, 2 or 5 times a power of ten, at most eight of them. */
function drawAxis({ endMs, x }: Frame, rows: number): readonly string[] {
  const power = 10 ** Math.floor(Math.log10(endMs / 4));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => endMs / size <= 8) ?? endMs;
  const ticks = Array.from({ length: Math.floor(endMs / step) + 1 }, (_, index) => index * step);
  return ticks.flatMap((ms) => [
    svgElement('line', { class: 'grid', x1: x(ms), x2: x(ms), y1: HEAD - 8, y2: HEAD + rows * ROW }),
    svgText(x(ms), HEAD - 14, `${pixels(ms)} ms`, 'small faint middle'),
  ]);
}

function drawService(
  service: BootedService,
  row: number,
  critical: boolean,
  frame: Frame,
): readonly string[] {
  const { left, endMs, x } = frame;
  const {
    service: name,
    starting_ms: startingMs,
    spawned_ms: spawnedMs,
    settled_ms: settledMs,
    outcome,
  } = service;
  const y = HEAD + row * ROW;
  const label = svgText(left - 8, y + 16, name, critical ? 'end name' : 'end');
  if (outcome === 'skipped' || outcome === 'scheduled')
    return [label, svgText(left + 6, y + 16, outcome, 'small faint')];
  const fromMs = startingMs ?? endMs;
  const upMs = spawnedMs ?? settledMs ?? endMs;
  const doneMs = settledMs ?? endMs;
  const kind = outcome === 'failed' ? 'failed' : critical ? 'critical' : 'running';
  return [
    label,
    bar('waiting', x(0), x(fromMs), y, `${name} waits for its dependencies: ${writeMs(fromMs)}`),
    bar('preparing', x(fromMs), x(upMs), y, `${name} is being started: ${writeMs(upMs - fromMs)}`),
    bar(kind, x(upMs), x(doneMs), y, `${name} ${outcome} after ${writeMs(doneMs - upMs)}`),
    svgText(x(doneMs) + 6, y + 16, labelOf(service), 'small faint'),
  ];
}

function labelOf({ outcome, settled_ms: settledMs, runs }: BootedService): string {
  const again = runs > 1 ? `, ${runs} runs` : '';
  if (settledMs === null) return `not ready${again}`;
  const what = outcome === 'failed' || outcome === 'completed' ? `${outcome} ` : '';
  return `${what}${writeMs(settledMs)}${again}`;
}

/** What took no time to speak of is still there to see. */
function bar(kind: string, fromX: number, toX: number, y: number, hint: string): string {
  const width = Math.max(kind === 'waiting' ? 0 : 1.5, pixels(toX - fromX));
  const place = { x: fromX, y: y + (ROW - BAR) / 2, width, height: BAR };
  return svgElement('rect', { class: kind, ...place }, svgHint(hint));
}

function drawChain({ services, critical_chain: chain }: BootTimeline, { x }: Frame): readonly string[] {
  const rowOf = new Map(services.map(({ service }, row) => [service, row]));
  return chain.flatMap(({ service, waited_for: waitedFor }) => {
    const from = rowOf.get(waitedFor ?? '');
    const to = rowOf.get(service);
    const startedMs = services[to ?? -1]?.starting_ms;
    if (from === undefined || to === undefined || startedMs === undefined || startedMs === null) return [];
    const at = x(startedMs);
    const ends = { x1: at, x2: at, y1: HEAD + from * ROW + ROW / 2, y2: HEAD + to * ROW + ROW / 2 };
    return [svgElement('line', { class: 'chain', ...ends })];
  });
}

function drawLegend(left: number, y: number): readonly string[] {
  const entries = [
    ['waiting', 'waits'],
    ['preparing', 'is being started'],
    ['running', 'runs, not ready yet'],
    ['critical', 'on the critical chain'],
  ] as const;
  let at = left;
  return entries.flatMap(([kind, text]) => {
    const drawn = [
      svgElement('rect', { class: kind, x: at, y: y - 10, width: 12, height: 12 }),
      svgText(at + 18, y, text, 'small faint'),
    ];
    at += 34 + text.length * 7;
    return drawn;
  });
}
