// `bosunctl logs`.
import type { LogQuery } from '../client/log-stream.ts';
import type { LogGapView, LogLineView } from '../wire/log-view.ts';
import {
  flagOption,
  textOption,
  UsageError,
  type CliCommand,
  type CommandContext,
  type CommandInput,
} from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { nameColumn, renderLine, type LineStyle } from './log-lines.ts';

export const command: CliCommand = {
  name: 'logs',
  words: '[name...]',
  summary: 'Show the log lines of services, and with -f each new one',
  example: 'bosunctl logs caddy -f -n 20',
  details: `Without a name it shows all services. Lines of several services are merged by time, with the name of the service before each.

Of a service with log files (\`logs.file\`) everything comes from them: \`current.log\`, then the rotated ones, also those that are
compressed. Of one without, Bosun holds the newest 100 KiB in memory. \`-f\` goes on over a rotation and a restart of the control plane,
and shows no line twice; where lines are not there any more, it says so on standard error. It ends with Bosun, or by Ctrl-C.

\`--since\` and \`--until\` take a time (RFC 3339; UTC where no zone is said), seconds since 1970, or how long ago (\`90s\`, \`10m\`, \`2d\`).
\`--grep\` takes a regular expression of JavaScript (flag v), which a line has to match somewhere; one that may take for ever is refused,
and one that takes too long ends the command with 1. Files of the format \`raw\` have neither times nor streams: with \`--since\`,
\`--until\` or \`--stream\` only what is held in memory is looked at.

Bytes that are not UTF-8 come out as the service wrote them. With \`--json\` each line is an object with \`time\`, \`service\`, \`stream\`,
\`line\` and \`cursor\`; see [api.md](api.md).`,
  options: [
    { flags: '-f, --follow', help: 'go on with each new line' },
    {
      flags: '-n, --lines <count>',
      help: 'the newest lines of each service, or all; 100, and all of them with --since',
    },
    { flags: '--since <time>', help: 'only lines from then on, such as 10m or 2026-11-21T14:20:00Z' },
    { flags: '--until <time>', help: 'only lines up to then' },
    { flags: '--grep <pattern>', help: 'only lines that match a regular expression' },
    { flags: '-i, --ignore-case', help: 'for --grep, capital letters are small ones' },
    { flags: '--stream <stream>', help: 'only what was written there', choices: ['stdout', 'stderr'] },
    { flags: '-t, --timestamps', help: 'with the time before each line, in UTC' },
  ],
  run: async (context, input) => {
    const query = readQuery(input);
    const style: LineStyle = {
      names: input.words.length === 1 ? 'hidden' : 'shown',
      times: flagOption(input, 'timestamps') ? 'shown' : 'hidden',
    };
    return await show(context, query, input, style);
  },
};

function readQuery(input: CommandInput): LogQuery {
  const { words } = input;
  if (flagOption(input, 'follow') && textOption(input, 'until') !== undefined)
    throw new UsageError('what is followed has no end: leave out --follow, or --until');
  return {
    services: words.length === 0 ? undefined : words,
    lines: linesOption(input),
    since: textOption(input, 'since'),
    until: textOption(input, 'until'),
    grep: textOption(input, 'grep'),
    ignoreCase: flagOption(input, 'ignoreCase'),
    stream: streamOption(input),
  };
}

function linesOption(input: CommandInput): LogQuery['lines'] {
  const text = textOption(input, 'lines');
  if (text === undefined || text === 'all') return text;
  if (!/^\d{1,15}$/.test(text))
    throw new UsageError(`--lines takes a whole number or all, not ${JSON.stringify(text)}`);
  return Number(text);
}

function streamOption(input: CommandInput): LogQuery['stream'] {
  const text = textOption(input, 'stream');
  if (text === undefined || text === 'stdout' || text === 'stderr') return text;
  throw new UsageError(`--stream takes stdout or stderr, not ${JSON.stringify(text)}`);
}

async function show(
  { terminal, client }: CommandContext,
  query: LogQuery,
  input: CommandInput,
  style: LineStyle,
): Promise<ExitCode> {
  const bosun = client();
  const names = style.names === 'hidden' ? [] : (query.services ?? (await allNames(bosun)));
  const column = nameColumn(names, terminal);
  let exitCode: ExitCode = EXIT.done;
  let lines = 0;
  const follows = flagOption(input, 'follow');
  if (follows) await explainSilence(bosun, query, terminal);
  const logs = follows ? bosun.streamLogs(query) : bosun.readLogs(query);
  for await (const streamed of logs) {
    if (streamed.kind === 'line') {
      const { line } = streamed;
      lines += 1;
      await terminal.print(input.json ? renderJson(line) : renderLine(line, column(line.service), style));
      continue;
    }
    terminal.complain(`bosunctl: ${describeGap(streamed.gap)}\n`);
    if (streamed.gap.reason === 'pattern-too-slow') exitCode = EXIT.failed;
  }
  if (lines === 0 && !follows) await explainSilence(bosun, query, terminal);
  return exitCode;
}

/** Of those that are named: where there is nothing to be seen because there cannot be. */
async function explainSilence(
  bosun: ReturnType<CommandContext['client']>,
  { services = [] }: LogQuery,
  terminal: CommandContext['terminal'],
): Promise<void> {
  for (const name of services) {
    const { type } = await bosun.service(name);
    if (type === 'attached')
      terminal.complain(`bosunctl: ${name} is attached: Bosun does not have its output\n`);
  }
}

async function allNames(bosun: ReturnType<CommandContext['client']>): Promise<readonly string[]> {
  return (await bosun.services()).services.map(({ name }) => name);
}

function renderJson(line: LogLineView): string {
  return `${JSON.stringify(line)}\n`;
}

const REASONS: Readonly<Record<LogGapView['reason'], string>> = {
  removed: 'some lines are gone with a file that was rotated away',
  replaced: 'somebody has emptied or replaced its file; some lines may be missing here',
  damaged: 'a compressed file cannot be read to its end; lines are missing here',
  'not-held': 'some lines are not held in memory any more, or the last one comes again',
  'not-told': 'its files do not say when and where a line was written; this is what is held in memory',
  'pattern-too-slow': 'the pattern takes too long; write it so that less of it repeats',
};

function describeGap({ service, reason }: LogGapView): string {
  return `${service}: ${REASONS[reason]}`;
}
