// `bosunctl shutdown`.
import { BosunUnreachable } from '../client/failure.ts';
import type { BosunClient } from '../client/bosun-client.ts';
import { flagOption, printJson, type CliCommand } from './command.ts';
import { EXIT } from './exit-code.ts';

export const command: CliCommand = {
  name: 'shutdown',
  words: '',
  summary: 'Stop everything in reverse order, then end Bosun and with it the container',
  example: 'bosunctl shutdown --wait',
  details: `Prints when the shutdown has begun; with \`--wait\`, when Bosun has ended.`,
  options: [{ flags: '--wait', help: 'return when Bosun has ended' }],
  run: async ({ terminal, client }, input) => {
    const bosun = client();
    const { last_event_id: after } = await bosun.services();
    const view = await bosun.shutdown();
    if (flagOption(input, 'wait')) await untilGone(bosun, after);
    if (input.json) await printJson(terminal, view);
    else await terminal.print(flagOption(input, 'wait') ? 'Bosun has ended\n' : 'shutting down\n');
    return EXIT.done;
  },
};

/** The last event comes when nothing is left to stop; without it, the stream ends with Bosun. */
async function untilGone(bosun: BosunClient, after: number): Promise<void> {
  const events = bosun.followEvents({ types: ['shutdown-finished'], after });
  try {
    await events.next();
    await events.return(undefined);
  } catch (error) {
    if (!(error instanceof BosunUnreachable)) throw error;
  }
}
