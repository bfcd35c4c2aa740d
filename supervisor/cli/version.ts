// `bosunctl version`.
import { printJson, type CliCommand } from './command.ts';
import { EXIT } from './exit-code.ts';

export const command: CliCommand = {
  name: 'version',
  words: '',
  summary: 'Show the version of the Bosun that is running',
  example: 'bosunctl version --json',
  options: [],
  run: async ({ terminal, client }, { json }) => {
    const view = await client().version();
    if (json) await printJson(terminal, view);
    else
      await terminal.print(`bosun ${view.version}, API ${view.api}, Node.js ${view.node}, pid ${view.pid}\n`);
    return EXIT.done;
  },
};
