// `bosunctl apply`: has Bosun go by the configuration as it is in the files, and says what that changes.
import { BosunProblem } from '../client/failure.ts';
import type { ApplyView } from '../wire/plan-view.ts';
import { flagOption, printJson, type CliCommand } from './command.ts';
import { TIMEOUT, timeoutOption } from './duration-option.ts';
import { EXIT } from './exit-code.ts';
import { describeUp } from './describe-up.ts';
import { foldLine } from './fold.ts';
import { renderPlan } from './plan-text.ts';
import type { Terminal } from './terminal.ts';

export const command: CliCommand = {
  name: 'apply',
  words: '',
  summary: 'Apply the changed configuration: only what differs is restarted, in order',
  example: 'bosunctl apply --wait',
  details: `Prints the plan and has Bosun go by it, as SIGHUP to Bosun does. A wrong configuration changes nothing and gives 1. With
\`--wait\` it returns when nothing lives by the old configuration any more and everything that was changed is up, and gives 1
when some of that has failed or is not there in time.`,
  options: [
    { flags: '--wait', help: 'return when everything that was changed is up' },
    { ...TIMEOUT, help: 'with --wait, wait at most this long' },
  ],
  run: async ({ terminal, client }, input) => {
    const timeoutMs = timeoutOption(input);
    const waitMs = flagOption(input, 'wait') ? timeoutMs : undefined;
    try {
      const view = await client().apply({ waitMs });
      if (input.json) await printJson(terminal, view);
      else await terminal.print(renderPlan(view, terminal) + renderOutcome(view));
      return EXIT.done;
    } catch (error) {
      // It was applied, and its outcome is what failed: what it changed is worth knowing all the more.
      if (!input.json) await printPlanOf(error, terminal);
      throw error;
    }
  },
};

async function printPlanOf(error: unknown, terminal: Terminal): Promise<void> {
  if (error instanceof BosunProblem && error.problem.plan !== undefined)
    await terminal.print(renderPlan(error.problem.plan, terminal));
}

function renderOutcome({ outcome, changes, settings, views }: ApplyView): string {
  const nothing = changes.length + settings.length === 0;
  if (outcome === 'accepted') return nothing ? '' : 'Applied; see `bosunctl status` for what comes of it.\n';
  const gone = changes.filter(({ kind }) => kind === 'removed').map(({ service }) => `${service} is gone\n`);
  return [...views.map((view) => foldLine(`${view.name} ${describeUp(view)}`)), ...gone].join('');
}
