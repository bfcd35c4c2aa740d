// `bosunctl plan`: what applying the configuration as it is in the files would change. Changes nothing.
import { printJson, type CliCommand } from './command.ts';
import { EXIT } from './exit-code.ts';
import { renderPlan } from './plan-text.ts';

export const command: CliCommand = {
  name: 'plan',
  words: '',
  summary: 'Show what applying the changed configuration would do, or what is wrong with it',
  example: 'bosunctl plan',
  details: `Bosun reads its directory again, with the environment it was started with, and changes nothing. One line for each service
that differs, and under it what does:

\`\`\`text
+ cache  added
~ db     restart: command, environment
    environment.PORT changed
= web    update: restart
    restart.policy: always -> on-failure
- old    removed
= bosun.yaml  shutdown.budget: 9s -> 20s
! bosun.yaml  logs.format: json -> prefix, from the next start of Bosun on
3 services stay as before.
\`\`\`

\`~\` is a service whose process was started with something that differs: it would be restarted, with those first that need it
and are restarted too. \`=\` differs in what is looked at whenever it is needed: nothing is ended, and it holds from then on.
Values of variables and commands are never shown. Gives 0 when the configuration can be applied, also when nothing is
different, and 1 when it is wrong; then every error is shown with its line.`,
  options: [],
  run: async ({ terminal, client }, { json }) => {
    const plan = await client().plan();
    if (json) await printJson(terminal, plan);
    else await terminal.print(renderPlan(plan, terminal));
    return EXIT.done;
  },
};
