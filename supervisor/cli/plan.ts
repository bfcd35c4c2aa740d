// `bosunctl plan`: what applying the configuration as it is in the files would change. Changes nothing.
import { printJson, type CliCommand } from './command.ts';
import { EXIT } from './exit-code.ts';
import { renderPlan } from './plan-text.ts';

export const command: CliCommand = {
  name: 'plan',
  words: '',
  summary: 'Show what applying the changed configuration would do, or what is wrong with it',
  example: 'bosunctl plan',
  options: [],
  run: async ({ terminal, client }, { json }) => {
    const plan = await client().plan();
    if (json) await printJson(terminal, plan);
    else await terminal.print(renderPlan(plan, terminal));
    return EXIT.done;
  },
};
