// `bosunctl kill`: a stop without grace. What happens after an end that nobody has asked for is tried with `signal KILL`.
import { BosunProblem } from '../client/failure.ts';
import { firstWord, printJson, type CliCommand } from './command.ts';
import { TIMEOUT, timeoutOption } from './duration-option.ts';
import { EXIT } from './exit-code.ts';

export const command: CliCommand = {
  name: 'kill',
  words: '<name>',
  summary: 'Stop a service at once, by SIGKILL, and keep it stopped',
  example: 'bosunctl kill sut-backend',
  details: `A \`stop\` without grace: what needs the service is stopped as well, and what was stopped stays stopped until \`start\`. To see what follows when it
dies unasked, use \`bosunctl signal KILL\`.`,
  options: [TIMEOUT],
  run: async ({ terminal, client }, input) => {
    const name = firstWord(input);
    const bosun = client();
    await bosun.command('stop', [name]);
    try {
      await bosun.sendSignal(name, 'KILL');
    } catch (error) {
      // It has been quicker.
      if (!(error instanceof BosunProblem) || error.problem.code !== 'service-not-running') throw error;
    }
    const view = await bosun.command('stop', [name], { waitMs: timeoutOption(input) });
    if (input.json) await printJson(terminal, view);
    else await terminal.print(`${name} is ${view.views[0]?.state ?? 'stopped'}\n`);
    return EXIT.done;
  },
};
