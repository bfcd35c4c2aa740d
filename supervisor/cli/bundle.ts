// `bosunctl bundle`: everything that somebody who helps would ask for, in one archive, without secrets.
import { hostname } from 'node:os';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { collectParts, type BundlePart, type MissingPart } from './bundle-parts.ts';
import { maskParts } from './bundle-secrets.ts';
import { printJson, textOption, UsageError, type CliCommand, type CommandInput } from './command.ts';
import { seesBosun } from './doctor-proc.ts';
import { EXIT } from './exit-code.ts';
import { writeOutput } from './output-file.ts';

const MOST_LINES = 100_000;
const OWNER_ONLY = 0o600;

export const command: CliCommand = {
  name: 'bundle',
  words: '[file]',
  summary: 'Put what is needed to find out what is wrong into one archive, without secrets',
  example: 'bosunctl bundle /tmp/bosun.tar.gz',
  options: [{ flags: '-n, --lines <count>', help: 'the newest log lines of each service', default: '500' }],
  details: `A tar archive, compressed with gzip, that only its owner may read; by default in the current directory, named after the host and the time. In
it: services, health, the newest 2,000 events, the plan, jobs, sinks, log lines; and, when bosunctl runs in the container of Bosun, the
configuration, the processes with what they have open, limits, control groups and memory. Parts that cannot be had are named in its \`README.txt\`.

What looks like a secret is masked in all of it, by the names of keys and variables. Look through it before you send it to anybody.`,
  run: async ({ terminal, client }, input) => {
    const bosun = client();
    const version = await bosun.version();
    const place = (await seesBosun(version.pid)) ? 'inside' : 'elsewhere';
    const parts: BundlePart[] = [];
    const missing: MissingPart[] = [];
    for await (const part of collectParts({ client: bosun, version, lines: lineCount(input), place })) {
      if ('text' in part) parts.push(part);
      else missing.push(part);
    }
    const masked = maskParts(parts, terminal.environment);
    const made = new Date();
    const about = { name: 'README.txt', text: describe(masked, missing, place, made) };
    const file = input.words[0] ?? `bosun-${hostname()}-${stamp(made)}.tar.gz`;
    await writeOutput(terminal, file, await pack([about, ...masked], made), OWNER_ONLY);
    const names = masked.map(({ name }) => name);
    if (input.json) await printJson(terminal, { file, parts: names, missing });
    else await terminal.print(`${file}\n`);
    return EXIT.done;
  },
};

function lineCount(input: CommandInput): number {
  const text = textOption(input, 'lines') ?? '';
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > MOST_LINES)
    throw new UsageError(`--lines takes a number up to ${MOST_LINES}, not ${JSON.stringify(text)}`);
  return count;
}

/** ISO 8601 without what a file name does not take everywhere. */
function stamp(time: Date): string {
  return time.toISOString().replaceAll(/[-:]|\.\d+/g, '');
}

async function pack(parts: readonly BundlePart[], mtime: Date): Promise<Uint8Array> {
  const entries = parts.map(({ name, text }) => {
    const body = Buffer.from(text);
    return { header: { name: `bosun/${name}`, size: body.length, mode: OWNER_ONLY, mtime }, body };
  });
  return gzipSync(await packTar(entries));
}

function describe(
  parts: readonly BundlePart[],
  missing: readonly MissingPart[],
  place: 'inside' | 'elsewhere',
  made: Date,
): string {
  const lines = [
    `A support bundle of Bosun, made at ${made.toISOString()} on ${hostname()}.`,
    'What looks like a secret is masked as ***, by the names of keys and variables. Look through it all the same.',
    ...(place === 'inside'
      ? []
      : ['bosunctl ran outside of the container: no configuration, processes and limits are in here.']),
    '',
    ...parts.map(({ name, text }) => `${String(Buffer.byteLength(text)).padStart(9)}  ${name}`),
    ...missing.map(({ name, reason }) => `  missing  ${name}: ${reason}`),
  ];
  return `${lines.join('\n')}\n`;
}
