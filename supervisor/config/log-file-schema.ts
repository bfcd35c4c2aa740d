// The schema of `logs.file`, in a service file and in bosun.yaml. Its keys have no default of the schema's: those of a service are laid over
// those of bosun.yaml first, and to-log-spec.ts fills in what neither says.
import * as z from 'zod';
import { parseUser } from './account-reference.ts';
import { ok, quote, wrong, type Parsed } from './parsed.ts';
import { absolutePath, duration, scalar, size } from './schema-scalars.ts';

const SMALLEST_FILE_BYTES = 1024;

function parseMode(value: unknown): Parsed<number> {
  const remedy = 'Write three octal digits, such as "0640".';
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^0?[0-7]{3}$/.test(text))
    return wrong(`${quote(value)} is not the mode of a file`, remedy);
  const mode = Number.parseInt(text, 8);
  if ((mode & 0o600) === 0o600) return ok(mode);
  return wrong(`${quote(value)} does not let its owner read and write`, 'Write 6 as the first digit.');
}

const fileShape = {
  format: z
    .enum(['timed', 'json', 'raw'])
    .optional()
    .meta({
      description:
        'How the lines look: timed has a time in UTC (RFC 3339) and the stream before each, json the field names of pino, raw the line ' +
        'alone.',
      default: 'timed',
      examples: ['json'],
    }),
  max_size: size({
    description: 'The file is rotated before it grows beyond this, at least 1K; 0 sets no limit.',
    examples: ['50M'],
  })
    .refine((bytes) => bytes === 0 || bytes >= SMALLEST_FILE_BYTES, {
      params: { remedy: 'Write 1K or more, or 0 for no limit.' },
      error: 'is too small',
    })
    .optional()
    .meta({ default: '10M' }),
  max_age: duration({
    description: 'The file is rotated when its first line is that old; 0 sets no limit.',
    examples: ['1d'],
  })
    .optional()
    .meta({ default: 0 }),
  keep: z
    .int()
    .min(0)
    .max(10_000)
    .optional()
    .meta({
      description: 'So many rotated files are kept; the oldest is removed. 0 sets no limit.',
      default: 5,
      examples: [10],
    }),
  total: size({
    description:
      'Its files together, the current one included, stay within this: the oldest is removed. 0 sets no limit.',
    examples: ['100M'],
  })
    .optional()
    .meta({ default: 0 }),
  compress: z
    .enum(['none', 'gzip', 'zstd'])
    .optional()
    .meta({ description: 'What becomes of rotated files.', default: 'gzip', examples: ['zstd'] }),
  mode: scalar(parseMode, {
    type: ['string', 'integer'],
    pattern: '^0?[0-7]{3}$',
    description: 'The file mode bits, in octal.',
    examples: ['0644'],
  })
    .optional()
    .meta({ default: '0640' }),
  owner: scalar(parseUser, {
    type: ['string', 'integer'],
    minimum: 0,
    description:
      'Whose the files are: a name, a number, or user:group; the group is that of the user if not said. The user that Bosun runs as, if ' +
      'there is none.',
    examples: ['web', 'web:staff'],
  }).optional(),
};

export const serviceLogFile = z
  .union([
    z.boolean(),
    z.strictObject({
      path: absolutePath({
        description:
          'The directory of its files, for itself alone: `current.log` and those rotated from it. If not said, one of its name below ' +
          '`logs.dir` of bosun.yaml.',
        examples: ['/var/log/web'],
      }).optional(),
      ...fileShape,
    }),
  ])
  .optional()
  .meta({
    description:
      'Whether its lines go to files too: true, false, or a map of how. Keys that are not said are those of bosun.yaml.',
    examples: [true, { max_size: '50M', keep: 3 }],
  });

export const fleetLogFile = z
  .union([z.boolean(), z.strictObject(fileShape)])
  .optional()
  .meta({
    description:
      'Whether the lines of services that do not say so themselves go to files too: true, false, or a map of how. The keys of a service ' +
      'are laid over these.',
    examples: [true, { max_size: '50M', compress: 'zstd' }],
  });

/** What a map says; with a path only where it is a service's. */
export type LogFileKeys = Exclude<NonNullable<z.output<typeof serviceLogFile>>, boolean>;
