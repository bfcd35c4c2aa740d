// `bosunctl job start`: runs a command by id; with --stream, as if it ran here.
import type { BosunClient } from '../client/bosun-client.ts';
import type { JobView } from '../wire/job-view.ts';
import {
  flagOption,
  printJson,
  textOption,
  UsageError,
  type CliCommand,
  type CommandContext,
  type CommandInput,
} from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { CONTEXT_OPTIONS, describedJob, LIMIT_OPTIONS } from './job-options.ts';
import { codeOf, copyOutput } from './job-stream.ts';

export const start: CliCommand = {
  name: 'start',
  words: '<command...>',
  summary: 'Run a command, and print the id of the job',
  example: 'bosunctl job start --service web -- ls -l /data',
  options: [
    { flags: '-s, --service <name>', help: 'run it in the context of this service' },
    ...CONTEXT_OPTIONS,
    ...LIMIT_OPTIONS,
    { flags: '--stream', help: 'copy its output too, until it ends; Ctrl-C stops it' },
    { flags: '--exit-code', help: 'with --stream, end with the exit code of the job' },
  ],
  details: `Everything from the first word that is no option is the command, with or without \`--\` before it. No shell runs it; for one, say
\`sh -c\`. The id goes to standard output alone; with \`--stream\` it is not printed. A second Ctrl-C kills the job.`,
  passThrough: { ownWords: 0 },
  run: async (context, input) => {
    if (flagOption(input, 'exitCode') && !flagOption(input, 'stream'))
      throw new UsageError('--exit-code goes with --stream');
    const { terminal, client } = context;
    const described = describedJob(input, terminal.environment);
    const bosun = client();
    const job = await bosun.jobs.run({
      ...described,
      command: input.words,
      service: textOption(input, 'service'),
    });
    if (flagOption(input, 'stream')) return await stream(context, input, bosun, job);
    if (input.json) await printJson(terminal, job);
    else await terminal.print(`${job.id}\n`);
    return EXIT.done;
  },
};

async function stream(
  { terminal }: CommandContext,
  input: CommandInput,
  bosun: BosunClient,
  { id }: JobView,
): Promise<ExitCode> {
  using streams = terminal.openStreams();
  let asked = 0;
  streams.onSignal(['SIGINT', 'SIGTERM'], () => {
    asked += 1;
    const done = asked === 1 ? bosun.jobs.stop(id) : bosun.jobs.sendSignal(id, 'SIGKILL');
    done.catch((error: unknown) => {
      terminal.complain(
        `bosunctl: job ${id} cannot be stopped: ${error instanceof Error ? error.message : ''}\n`,
      );
    });
  });
  const end = await copyOutput(bosun.jobs.output(id), streams, terminal);
  return flagOption(input, 'exitCode') ? codeOf(end) : EXIT.done;
}
