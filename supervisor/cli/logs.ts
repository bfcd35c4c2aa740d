// `bosunctl logs`.
import { BosunUnreachable } from '../client/failure.ts';
import type { LogLineView } from '../wire/event-view.ts';
import { countOption, firstWord, flagOption, type CliCommand, type CommandContext } from './command.ts';
import { EXIT } from './exit-code.ts';

export const command: CliCommand = {
  name: 'logs',
  words: '<name>',
  summary: 'Show the newest log lines of a service, and with -f each new one',
  example: 'bosunctl logs caddy -f -n 20',
  details: `Bosun holds the newest 100 KiB of each service. Bytes that are not UTF-8 come out as the service wrote them. With \`--json\`
each line is an object with \`time\`, \`service\`, \`stream\` and \`line\`.`,
  options: [
    { flags: '-f, --follow', help: 'go on with each new line' },
    { flags: '-n, --lines <count>', help: 'how many of the newest lines that are held', default: '100' },
  ],
  run: async (context, input) => {
    const lines = countOption(input, 'lines') ?? 100;
    const name = firstWord(input);
    const show = input.json ? renderJson : renderLine;
    if (flagOption(input, 'follow')) await follow(context, name, lines, show);
    else
      for await (const line of context.client().logs(name, lines)) await context.terminal.print(show(line));
    return EXIT.done;
  },
};

type Show = (line: LogLineView) => string | Buffer;

/** Over a restart of the control plane too; the lines of the moment between are in Bosun's own output only. */
async function follow(
  { terminal, client }: CommandContext,
  name: string,
  lines: number,
  show: Show,
): Promise<void> {
  let from = lines;
  let retry: 'no' | 'once' = 'no';
  for (;;) {
    try {
      for await (const line of client().followLogs(name, from)) {
        retry = 'once';
        await terminal.print(show(line));
      }
      return;
    } catch (error) {
      if (!(error instanceof BosunUnreachable) || retry === 'no') throw error;
      retry = 'no';
      from = 0;
      terminal.complain('bosunctl: the connection was lost; going on, some lines may be missing here\n');
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

function renderJson(line: LogLineView): string {
  return `${JSON.stringify(line)}\n`;
}

function renderLine({ line, base64 }: LogLineView): string | Buffer {
  if (base64 === undefined) return `${line}\n`;
  return Buffer.concat([Buffer.from(base64, 'base64'), Buffer.from('\n')]);
}
