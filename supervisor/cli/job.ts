// `bosunctl job`: commands that are run by id.
import { BosunProblem } from '../client/failure.ts';
import {
  firstWord,
  flagOption,
  printJson,
  type CliCommand,
  type CommandContext,
  type CommandGroup,
  type CommandInput,
} from './command.ts';
import { TIMEOUT, timeoutOption } from './duration-option.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { start } from './job-start.ts';
import { codeOf, copyOutput } from './job-stream.ts';
import { renderJobTable } from './job-table.ts';
import { checkSignal } from './signal-word.ts';

const list: CliCommand = {
  name: 'list',
  words: '',
  summary: 'Show the jobs that live, and the newest that have ended',
  example: 'bosunctl job list',
  options: [],
  run: async ({ terminal, client }, { json }) => {
    const view = await client().jobs.list();
    if (json) await printJson(terminal, view);
    else await terminal.print(renderJobTable(view.jobs, terminal, Date.now()));
    return EXIT.done;
  },
};

const status: CliCommand = {
  name: 'status',
  words: '<id>',
  summary: 'Print `running`, `exited: N`, `stopped`, or `process not found`',
  example: 'bosunctl job status 4',
  options: [],
  details: `\`exited: N\` has 128 and the number of the signal for a job that a signal has killed, unless somebody stopped it: then it is
\`stopped\`. A job that could not be started is \`failed: \` and why.`,
  run: (context, input) =>
    unlessNotFound(context, input, async ({ terminal, client }) => {
      const view = await client().jobs.get(firstWord(input));
      if (input.json) await printJson(terminal, view);
      else await terminal.print(`${view.status}\n`);
      return EXIT.done;
    }),
};

const stop: CliCommand = {
  name: 'stop',
  words: '<id>',
  summary: 'Stop a job by SIGINT, SIGTERM and SIGKILL, and say so when it is gone',
  example: 'bosunctl job stop 4',
  options: [TIMEOUT],
  details: 'Each signal goes to all processes of the job, and the next one follows after its stop interval.',
  run: (context, input) =>
    unlessNotFound(context, input, async ({ terminal, client }) => {
      const view = await client().jobs.stop(firstWord(input), { waitMs: timeoutOption(input) });
      if (input.json) await printJson(terminal, view);
      else await terminal.print('process stopped\n');
      return EXIT.done;
    }),
};

const signal: CliCommand = {
  name: 'signal',
  words: '<signal> <id>',
  summary: 'Send a signal to the main process of a job',
  example: 'bosunctl job signal USR1 4',
  options: [],
  run: (context, input) =>
    unlessNotFound(context, input, async ({ terminal, client }) => {
      const [name = '', id = ''] = input.words;
      checkSignal(name, id, 'job signal');
      const view = await client().jobs.sendSignal(id, name.toUpperCase());
      if (input.json) await printJson(terminal, view);
      else await terminal.print(`${name.toUpperCase()} sent to job ${id}\n`);
      return EXIT.done;
    }),
};

const stream: CliCommand = {
  name: 'stream',
  words: '<id>',
  summary: 'Copy the output of a job from its first byte on, until it ends',
  example: 'bosunctl job stream 4 > out.log 2> err.log',
  options: [
    { flags: '--exit-code', help: 'end with the exit code of the job' },
    { flags: '--no-follow', help: 'what there is, without waiting for more' },
  ],
  details: 'Its stdout goes to stdout and its stderr to stderr, byte for byte. Ctrl-C leaves the job alone.',
  run: (context, input) =>
    unlessNotFound(context, input, async ({ terminal, client }) => {
      using streams = terminal.openStreams();
      const until = input.options['follow'] === false ? 'now' : 'end';
      const end = await copyOutput(client().jobs.output(firstWord(input), { until }), streams, terminal);
      return flagOption(input, 'exitCode') ? codeOf(end) : EXIT.done;
    }),
};

export const command: CommandGroup = {
  name: 'job',
  summary: 'Run commands by id: start, list, status, stop, signal, stream',
  subcommands: [start, list, status, stop, signal, stream],
};

/** The sentence that scripts look for, and a code of its own. As JSON it is a failure like others. */
async function unlessNotFound(
  context: CommandContext,
  { json }: CommandInput,
  run: (context: CommandContext) => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    return await run(context);
  } catch (error) {
    if (json || !(error instanceof BosunProblem) || error.problem.code !== 'job-not-found') throw error;
    await context.terminal.print('process not found\n');
    return EXIT.noSuchService;
  }
}
