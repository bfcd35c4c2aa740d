// `bosunctl events`.
import type { EventFilter } from '../client/bosun-client.ts';
import type { EventView } from '../wire/event-view.ts';
import {
  countOption,
  flagOption,
  printJson,
  textOption,
  type CliCommand,
  type CommandContext,
  type CommandInput,
} from './command.ts';
import { EXIT } from './exit-code.ts';

export const command: CliCommand = {
  name: 'events',
  words: '',
  summary: 'Show what has happened, and with -f what happens',
  example: 'bosunctl events -f --service caddy',
  details: `Bosun holds the newest 10,000 events. With \`-f\` and without \`--after\` only new ones are shown; it goes on over a restart of
the control plane and ends with Bosun. After the type stands what the event carries, as \`key=value\`; \`--json\` has all of it. With \`--json -f\` each line is one event.`,
  options: [
    { flags: '-f, --follow', help: 'each new event as it comes; with --after, those after it first' },
    { flags: '--after <id>', help: 'only events with a larger id' },
    { flags: '--service <names>', help: 'only of these services, separated by commas' },
    { flags: '--type <types>', help: 'only of these types, separated by commas' },
  ],
  run: async (context, input) => {
    const filter: EventFilter = {
      after: countOption(input, 'after'),
      services: textOption(input, 'service')?.split(','),
      types: textOption(input, 'type')?.split(','),
    };
    await (flagOption(input, 'follow') ? follow(context, input, filter) : list(context, input, filter));
    return EXIT.done;
  },
};

async function list(
  { terminal, client }: CommandContext,
  { json }: CommandInput,
  filter: EventFilter,
): Promise<void> {
  const view = await client().events(filter);
  if (json) await printJson(terminal, view);
  else await terminal.print(view.events.map(renderEvent).join(''));
}

/** As JSON: one event a line. Ends with Bosun. */
async function follow(
  { terminal, client }: CommandContext,
  { json }: CommandInput,
  filter: EventFilter,
): Promise<void> {
  for await (const streamed of client().followEvents(filter)) {
    if (streamed.kind === 'gap') {
      terminal.complain(`bosunctl: events before ${streamed.gap.oldest_event_id} are not held any more\n`);
      continue;
    }
    const { event } = streamed;
    await terminal.print(json ? `${JSON.stringify(event)}\n` : renderEvent(event));
    if (event.type === 'shutdown-finished') return;
  }
}

function renderEvent({ id, time, service, type, actor, details }: EventView): string {
  const who = service === '' ? 'bosun' : service;
  const by = actor === 'bosun' || actor === '' ? '' : ` by ${actor}`;
  const rest = flatten(details).map((pair) => ` ${pair}`);
  return `${String(id).padStart(5)} ${time} ${who} ${type}${rest.join('')}${by}\n`;
}

/** Times of the monotonic clock say nothing to a reader who has the time of the day before them. */
const NOT_SHOWN: ReadonlySet<string> = new Set(['at_ms']);

/** As logfmt writes it: `exit.kind=code exit.code=3`. */
function flatten(details: object, prefix = ''): readonly string[] {
  return Object.entries(details).flatMap(([key, value]: [string, unknown]) => {
    if (NOT_SHOWN.has(key)) return [];
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isMap ? flatten(value, `${prefix}${key}.`) : [`${prefix}${key}=${writeValue(value)}`];
  });
}

function writeValue(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=\p{Cc}]+$/u.test(value) ? value : JSON.stringify(value);
}
