// `bosunctl completion`: scripts by which shells complete its command lines, and the names that these ask for.
import { constants } from 'node:os';
import type { BosunClient } from '../client/bosun-client.ts';
import { firstWord, textOption, UsageError, type CliCommand } from './command.ts';
import { fishScript } from './completion-fish.ts';
import { completionModel, type CompletionModel } from './completion-model.ts';
import { bashScript, zshScript } from './completion-posix.ts';
import { EXIT } from './exit-code.ts';

const SCRIPTS: ReadonlyMap<string, (model: CompletionModel) => string> = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
]);

type ReadNames = (client: BosunClient) => Promise<readonly string[]>;

const readServices: ReadNames = async (client) => (await client.services()).services.map(({ name }) => name);

const readJobs: ReadNames = async (client) => (await client.jobs.list()).jobs.map(({ id }) => String(id));

const NAMES: ReadonlyMap<string, ReadNames> = new Map([
  ['services', readServices],
  ['jobs', readJobs],
  ['signals', () => Promise.resolve(Object.keys(constants.signals).map((name) => name.replace(/^SIG/, '')))],
]);

/** bash expands the words that it is offered: nothing that means something to it may be among them. */
const HARMLESS = /^[\w@.:-]+$/;

export const command: CliCommand = {
  name: 'completion',
  words: '[shell]',
  summary: 'Print a script that completes command lines in bash, zsh or fish',
  example: 'eval "$(bosunctl completion bash)"',
  options: [
    {
      flags: '--names <kind>',
      help: 'print names instead, as the scripts ask for them: services, jobs or signals',
      choices: ['services', 'jobs', 'signals'],
    },
  ],
  details: `Commands and options are in the script; the names of services and the ids of jobs are asked of Bosun when they are needed,
with the options by which the command line reaches it. For good: the \`eval\` in \`~/.bashrc\`; \`bosunctl completion zsh >
"\${fpath[1]}/_bosunctl"\`; \`bosunctl completion fish > ~/.config/fish/completions/bosunctl.fish\`.`,
  run: async ({ terminal, client, entries }, input) => {
    const kind = textOption(input, 'names');
    if (kind !== undefined) {
      const read = NAMES.get(kind);
      if (read === undefined) throw new UsageError('--names takes services, jobs or signals');
      const names = (await read(client())).filter((name) => HARMLESS.test(name));
      await terminal.print(names.map((name) => `${name}\n`).join(''));
      return EXIT.done;
    }
    const write = SCRIPTS.get(firstWord(input));
    if (write === undefined) throw new UsageError('completion takes the name of a shell: bash, zsh or fish');
    await terminal.print(write(completionModel(await entries())));
    return EXIT.done;
  },
};
