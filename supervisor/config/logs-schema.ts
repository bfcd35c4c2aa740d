// The schema of `logs`, in a service file and, as defaults for every service, in bosun.yaml.
import * as z from 'zod';
import { fleetLogFile, serviceLogFile } from './log-file-schema.ts';
import { logSinksSchema } from './log-sink-schema.ts';
import { ok, quote, wrong, type Parsed } from './parsed.ts';
import { parsePattern } from './pattern.ts';
import { absolutePath, positiveDuration, scalar, type Meta } from './schema-scalars.ts';

function pattern(parse: (text: string) => Parsed<string>, meta: Meta) {
  const parseText = (value: unknown): Parsed<string> =>
    typeof value === 'string'
      ? parse(value)
      : wrong(`must be a pattern, not ${quote(value)}`, 'Put it in quotes.');
  return scalar(parseText, { type: 'string', ...meta });
}

/** What is found nowhere in particular would be found between any two characters. */
function parseRedactPattern(text: string): Parsed<string> {
  const parsed = parsePattern(text);
  if (parsed.kind === 'error' || !new RegExp(parsed.value, 'v').test('')) return parsed;
  return wrong('matches the empty text, and so at every place', 'Write "+" in place of "*".');
}

/** Not repeated in the message: whoever writes NAME=VALUE here has a secret in it. */
function parseVariable(value: unknown): Parsed<string> {
  if (typeof value === 'string' && value !== '' && !/[=\u0000]/.test(value)) return ok(value);
  return wrong('is not the name of a variable', 'Write the name alone, such as API_KEY.');
}

const multiline = z
  .strictObject({
    first_line: pattern(parsePattern, {
      description:
        'A regular expression of JavaScript, with the flag v, that the first line of a record matches and no other; colours are left out. ' +
        'As in all values, a dollar is written `$$`.',
      examples: ['^\\d{4}-\\d\\d-\\d\\d'],
    }),
    timeout: positiveDuration({
      description: 'A record is complete when nothing was added for this long.',
      examples: ['2s'],
    }).prefault('500ms'),
  })
  .optional()
  .meta({
    description: 'Joins lines that belong together, such as a stack trace, to one record.',
    examples: [{ first_line: '^\\S' }],
  });

const redact = (description: string) =>
  z
    .array(scalar(parseVariable, { type: 'string', description: 'A name.', examples: ['API_KEY'] }))
    .default([])
    .meta({ description, examples: [['API_KEY', 'DATABASE_PASSWORD']] });

const redactPatterns = z
  .array(
    pattern(parseRedactPattern, {
      description: 'A regular expression of JavaScript, with the flag v.',
      examples: ['Bearer \\S+'],
    }),
  )
  .default([])
  .meta({
    description:
      'Regular expressions of JavaScript, with the flag v: what they match is masked in its lines.',
    examples: [['Bearer \\S+', 'password=[^&\\s]+']],
  });

const forward = (description: string) =>
  z
    .array(z.string())
    .default([])
    .meta({ description, examples: [['central']] });

const FORMATS = ['json', 'prefix', 'raw'] as const;

export const serviceLogsSchema = z
  .strictObject({
    format: z
      .enum(FORMATS)
      .optional()
      .meta({
        description: "How its lines look on Bosun's output. As bosun.yaml has it, if not said.",
        examples: ['raw'],
      }),
    stdout: z
      .boolean()
      .default(true)
      .meta({ description: "Whether its lines go to Bosun's output.", examples: [false] }),
    file: serviceLogFile,
    multiline,
    redact: redact('Variables of its environment whose values are masked in its lines.'),
    redact_patterns: redactPatterns,
    forward: forward('Sinks of bosun.yaml that its lines are sent to.'),
  })
  .prefault({})
  .meta({
    description: 'What becomes of what it writes to its standard output and standard error.',
    examples: [{ file: { max_size: '10M', keep: 5 }, redact: ['API_KEY'] }],
  });

export const fleetLogsSchema = z
  .strictObject({
    format: z
      .enum(FORMATS)
      .default('json')
      .meta({ description: "How the services' lines look on Bosun's output.", examples: ['prefix'] }),
    dir: absolutePath({
      description:
        "Where the services' log files are, each in a directory of its name. If not said, `logs` in the state directory.",
      examples: ['/var/log/bosun'],
    }).optional(),
    file: fleetLogFile,
    redact: redact("Variables whose values are masked, besides a service's own."),
    redact_patterns: redactPatterns,
    forward: forward("Sinks that the lines of every service are sent to, besides a service's own."),
    sinks: logSinksSchema,
  })
  .prefault({})
  .meta({
    description: "Bosun's output, and what holds for the lines of every service.",
    examples: [{ format: 'prefix', file: true }],
  });

export type ServiceLogsFile = z.output<typeof serviceLogsSchema>;
export type FleetLogsFile = z.output<typeof fleetLogsSchema>;
