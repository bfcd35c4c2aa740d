// `bosunctl exec`: a command in the context of a service, with this terminal when there is one. Ends with the command's own code.
import type { SessionRequest } from '../client/job-client.ts';
import type { JobSession } from '../client/job-session.ts';
import { firstWord, type CliCommand, type CommandInput } from './command.ts';
import { CONTEXT_OPTIONS, describedJob } from './job-options.ts';
import { codeOf, copyOutput } from './job-stream.ts';
import type { RawStreams } from './raw-streams.ts';
import type { Terminal } from './terminal.ts';

export const command: CliCommand = {
  name: 'exec',
  words: '<service> <command...>',
  summary: 'Run a command in the context of a service, attached to this terminal',
  example: 'bosunctl exec web -- sh',
  options: [
    { flags: '-i, --no-stdin', help: 'its standard input is empty' },
    { flags: '-t, --no-terminal', help: 'no terminal for it, also when there is one here' },
    ...CONTEXT_OPTIONS,
  ],
  details: `The command has the service's environment, user, working directory and limits. When standard input and output are a terminal, it
gets one too: every key goes to it, Ctrl-C as well. Otherwise its streams are the ones here, and SIGINT, SIGTERM and SIGQUIT
are passed on. The exit code is that of the command: 128 and the number of the signal that killed it; 1 to 6 may also be
bosunctl's own, which then says why on standard error. When bosunctl is gone, the command is hung up: SIGHUP, SIGTERM, SIGKILL.`,
  passThrough: { ownWords: 1 },
  run: async ({ terminal, client }, input) => {
    using streams = terminal.openStreams();
    const isTerminal = streams.isTerminal && input.options['terminal'] !== false;
    const session = await client().jobs.attach(requestOf(input, terminal, isTerminal ? streams : undefined));
    if (isTerminal) attachTerminal(session, streams);
    else
      streams.onSignal(['SIGINT', 'SIGTERM', 'SIGQUIT'], (signal) => {
        session.sendSignal(signal);
      });
    if (input.options['stdin'] === false) session.endInput();
    else void copyInput(session, streams);
    return codeOf(await copyOutput(session.output(), streams, terminal));
  },
};

/** `streams`: those of the terminal that it gets. */
function requestOf(
  input: CommandInput,
  { environment }: Terminal,
  streams: RawStreams | undefined,
): SessionRequest {
  const [, ...command] = input.words;
  const request = { ...describedJob(input, environment), service: firstWord(input), command };
  if (streams === undefined) return { ...request, input: 'stream' };
  const { columns, rows } = streams;
  // What it is to write to the terminal is what this one here understands.
  const variables = { TERM: environment['TERM'] ?? 'xterm', ...request.environment };
  return { ...request, input: 'terminal', columns, rows, environment: variables };
}

function attachTerminal(session: JobSession, streams: RawStreams): void {
  streams.makeRaw();
  streams.onResize(() => {
    session.resize(streams.columns, streams.rows);
  });
}

/** Never rejects: input that cannot be read is at its end. */
async function copyInput(session: JobSession, streams: RawStreams): Promise<void> {
  try {
    for await (const bytes of streams.input()) await session.input(bytes);
  } catch {
    // As said above.
  }
  session.endInput();
}
