// The schema of a job: what POST /v1/jobs and exec take. The keys of a service file where they mean the same.
import * as z from 'zod';
import { command } from './command-schema.ts';
import { environmentSchema } from './environment-schema.ts';
import { executionShape } from './execution-schema.ts';
import { absolutePath, duration, positiveDuration, size } from './schema-scalars.ts';

const cells = z.int().min(1).max(65_535);

export const jobSchema = z.strictObject({
  command: command({
    description: 'Program and arguments; a string is split as a shell splits words, but no shell runs it.',
    examples: [['ls', '-l', '/data']],
  }),
  service: z.string().optional(),
  environment: environmentSchema.optional(),
  working_dir: absolutePath({ description: 'The working directory.', examples: ['/srv/app'] }).optional(),
  ...executionShape,
  stop_interval: positiveDuration({
    description: 'Between SIGINT and SIGTERM, and between SIGTERM and SIGKILL, when it is stopped.',
    examples: ['5s'],
  }).prefault('5s'),
  timeout: duration({ description: 'It is stopped after this time.', examples: ['10m'] }).optional(),
  output_limit: size({ description: 'Of output that is kept.', examples: ['16M'] }).prefault('16M'),
  input: z.enum(['none', 'stream', 'terminal']).default('none'),
  columns: cells.default(80),
  rows: cells.default(24),
});

export type JobFile = z.output<typeof jobSchema>;
