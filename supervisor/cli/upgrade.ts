// `bosunctl upgrade`.
import { setTimeout as delay } from 'node:timers/promises';
import type { BosunClient } from '../client/bosun-client.ts';
import type { EventView } from '../wire/event-view.ts';
import { printJson, type CliCommand } from './command.ts';
import { TIMEOUT, timeoutOption } from './duration-option.ts';
import { EXIT } from './exit-code.ts';

/** From when it has begun: Bosun is away for well under a second. */
const OUTCOME_MS = 30_000;
/** A connection that was made to the one that is gone may never be answered. */
const ASK_MS = 2000;

export const command: CliCommand = {
  name: 'upgrade',
  words: '',
  summary: 'Put the Bosun that is on the disk in the place of the one that runs; every service goes on',
  example: 'bosunctl upgrade',
  details: `Replace Bosun's files first (or move the symbolic link that it was started by). The new program is tried out with a copy of the
state; when it cannot take over, nothing is changed and its words are shown. Connections to the API are cut, \`bosunctl exec\` sessions
end; services, jobs, logs and timers go on. Gives 1 when it has failed.`,
  options: [{ ...TIMEOUT, help: 'how long hooks, probes and reloads that are under way may take to end' }],
  run: async ({ terminal, client }, input) => {
    const bosun = client();
    const waitMs = timeoutOption(input);
    const accepted = await bosun.upgrade({ waitMs });
    const event = await outcome(bosun, accepted.command, accepted.last_event_id);
    const pid = (await bosun.version()).pid;
    const done = event.type === 'upgraded';
    if (input.json)
      await printJson(terminal, { ...accepted, outcome: event.type, pid, details: event.details });
    else if (done)
      await terminal.print(
        `upgraded from ${accepted.from} to ${accepted.to}; pid ${pid}, every service goes on\n`,
      );
    else terminal.complain(`bosunctl: the upgrade failed, and nothing has changed: ${reasonOf(event)}\n`);
    return done ? EXIT.done : EXIT.failed;
  },
};

/** The control plane is away meanwhile. */
async function outcome(bosun: BosunClient, command: string, after: number): Promise<EventView> {
  const untilMs = performance.now() + OUTCOME_MS;
  for (;;) {
    try {
      const signal = AbortSignal.timeout(ASK_MS);
      const { events } = await bosun.events({ after, types: ['upgraded', 'upgrade-failed'] }, { signal });
      const event = events.find((seen) => seen.command === command);
      if (event !== undefined) return event;
      if (performance.now() > untilMs) throw new Error('Bosun has not said what came of the upgrade');
    } catch (error) {
      if (performance.now() > untilMs) throw error;
    }
    await delay(20);
  }
}

function reasonOf({ details }: EventView): string {
  return typeof details['reason'] === 'string' ? details['reason'] : 'unknown';
}
