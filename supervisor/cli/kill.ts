// `bosunctl kill`.
import { printJson, type CliCommand } from './command.ts';
import { EXIT } from './exit-code.ts';

export const command: CliCommand = {
  name: 'kill',
  words: '<name>',
  summary: 'Send SIGKILL to the main process of a service',
  example: 'bosunctl kill sut-backend',
  details: `The same as \`bosunctl signal KILL\`: what follows is what follows any end that nobody has asked for. To end a service and keep
it so, use \`stop\`.`,
  options: [],
  run: async ({ terminal, client }, { words: [name = ''], json }) => {
    const view = await client().sendSignal(name, 'KILL');
    if (json) await printJson(terminal, view);
    else await terminal.print(`KILL sent to ${name}\n`);
    return EXIT.done;
  },
};
