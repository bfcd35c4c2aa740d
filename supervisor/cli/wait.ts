// `bosunctl wait`.
import type { BosunClient } from '../client/bosun-client.ts';
import { describeDuration } from '../wire/duration.ts';
import type { ServiceView } from '../wire/service-view.ts';
import { firstWord, printJson, textOption, UsageError, type CliCommand } from './command.ts';
import { TIMEOUT, timeoutOption } from './duration-option.ts';
import { EXIT } from './exit-code.ts';
import { foldLine, foldText } from './fold.ts';

type Goal = 'healthy' | 'stopped';

export const command: CliCommand = {
  name: 'wait',
  words: '<name>',
  summary: 'Wait until a service is healthy or stopped, without changing anything',
  example: 'bosunctl wait consul --for healthy --timeout 1m',
  details: `\`healthy\` is running and ready, or completed; of a timer, scheduled or in a run. \`stopped\` is any state in which it has no
run and gets none.`,
  options: [
    {
      flags: '--for <goal>',
      help: 'healthy or stopped',
      default: 'healthy',
      choices: ['healthy', 'stopped'],
    },
    TIMEOUT,
  ],
  run: async ({ terminal, client }, input) => {
    const goal = textOption(input, 'for');
    if (goal !== 'healthy' && goal !== 'stopped') throw new UsageError('--for takes healthy or stopped');
    const timeoutMs = timeoutOption(input);
    const name = firstWord(input);
    const view = await waitFor(client(), name, goal, timeoutMs);
    if (input.json) await printJson(terminal, view);
    if (isReached(view, goal)) return EXIT.done;
    const note = view.note === '' ? '' : `, ${view.note}`;
    const state = `${name} is not ${goal} after ${describeDuration(timeoutMs)}: ${view.state}${note}`;
    const advice = `See \`bosunctl why ${name}\`, or wait longer with --timeout.`;
    terminal.complain(`${foldLine(`bosunctl: ${state}`)}  ${foldText(advice)}\n`);
    return EXIT.failed;
  },
};

/** The service when the goal is reached, or when time is up. Looks again after each of its events. */
async function waitFor(
  client: BosunClient,
  name: string,
  goal: Goal,
  timeoutMs: number,
): Promise<ServiceView> {
  const signal = AbortSignal.timeout(timeoutMs);
  // The cursor is taken before the first look, so no event between the look and the stream is missed.
  const { last_event_id: after } = await client.services();
  let view = await client.service(name);
  const events = client.followEvents({ services: [name], after }, { signal });
  try {
    while (!isReached(view, goal) && (await events.next()).done !== true) view = await client.service(name);
    return view;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await events.return(undefined);
  }
  return await client.service(name);
}

function isReached(view: ServiceView, goal: Goal): boolean {
  if (goal === 'healthy') return view.ready;
  return ['stopped', 'completed', 'failed', 'skipped'].includes(view.state);
}
