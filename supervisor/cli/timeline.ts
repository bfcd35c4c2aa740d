// `bosunctl timeline`: what the last boot spent its time on.
import type { BosunClient } from '../client/bosun-client.ts';
import type { EventView } from '../wire/event-view.ts';
import { printJson, textOption, type CliCommand } from './command.ts';
import { EXIT } from './exit-code.ts';
import { renderFailure, type Failure } from './failure.ts';
import { writeOutput } from './output-file.ts';
import { renderTimeline } from './timeline-chart.ts';
import { BOOT_EVENT_TYPES, timelineOf, type BootTimeline } from './timeline-model.ts';
import { drawTimeline } from './timeline-svg.ts';

export const command: CliCommand = {
  name: 'timeline',
  words: '',
  summary: 'Show what the last boot spent its time on, and its critical chain',
  example: 'bosunctl timeline --svg boot.svg',
  options: [{ flags: '--svg <file>', help: 'write a Gantt chart to this file instead' }],
  details: `A bar for each service, as wide as the terminal: how long it waited for its dependencies, how long it took to start it
(its \`pre_start\` hook is part of that), and how long until it was ready. Times count from the moment when Bosun had read its
configuration. \`*\` marks the critical chain: the service that was ready last, the dependency that it waited for last, and so on
to one that waited for none. \`BOSUN\` is what Bosun itself took between a dependency's being ready and its dependent's being there
as a process, without the hook; \`ITSELF\` is the rest. Only the boot counts: a restart later changes nothing here, and a service that
was started by hand is not shown. [A boot, looked at](../explanation/boot.md) shows one.`,
  run: async ({ terminal, client }, input) => {
    const timeline = await readTimeline(client());
    if (timeline === undefined) {
      terminal.complain(renderFailure(NOT_HELD, input.json));
      return NOT_HELD.exitCode;
    }
    const file = textOption(input, 'svg');
    if (file !== undefined) await writeOutput(terminal, file, drawTimeline(timeline));
    if (input.json) await printJson(terminal, timeline);
    else if (file === undefined) await terminal.print(renderTimeline(timeline, terminal));
    return EXIT.done;
  },
};

const NOT_HELD: Failure = {
  exitCode: EXIT.failed,
  code: 'boot-not-held',
  message: 'the events of the last boot are not held any more',
  next: 'There is a timeline again after the next start of Bosun.',
};

async function readTimeline(client: BosunClient): Promise<BootTimeline | undefined> {
  const booted = (await readEvents(client, 0, ['booted'])).at(-1);
  if (booted === undefined) return undefined;
  const { services } = await client.services();
  const events = await readEvents(client, booted.id, BOOT_EVENT_TYPES);
  return timelineOf(booted, events, services);
}

/** A boot is at the beginning of what follows it; of a long life after it no more is read. */
const MOST_EVENTS = 20_000;

/** Oldest first, page by page. */
async function readEvents(
  client: BosunClient,
  from: number,
  types: readonly string[],
): Promise<readonly EventView[]> {
  const events: EventView[] = [];
  let after = from;
  while (events.length < MOST_EVENTS) {
    const page = await client.events({ after, types });
    events.push(...page.events);
    if (page.next_after >= page.last_event_id || page.next_after <= after) break;
    after = page.next_after;
  }
  return events;
}
