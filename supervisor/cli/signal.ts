// `bosunctl signal`.
import { printJson, type CliCommand } from './command.ts';
import { EXIT } from './exit-code.ts';
import { checkSignal } from './signal-word.ts';

export const command: CliCommand = {
  name: 'signal',
  words: '<signal> <name>',
  summary: 'Send a signal to the main process of a service',
  example: 'bosunctl signal HUP nomad',
  details: `The name may have the prefix SIG or not. The signal goes to the main process alone.`,
  options: [],
  run: async ({ terminal, client }, { words: [signal = '', name = ''], json }) => {
    checkSignal(signal, name, 'signal');
    const view = await client().sendSignal(name, signal.toUpperCase());
    if (json) await printJson(terminal, view);
    else await terminal.print(`${signal.toUpperCase()} sent to ${name}\n`);
    return EXIT.done;
  },
};
