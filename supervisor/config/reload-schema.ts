// The schema of `reload`: how a running service is made to read its own configuration again.
import * as z from 'zod';
import { command } from './command-schema.ts';
import { exactlyOneOf } from './refinement.ts';
import { positiveDuration, signal } from './schema-scalars.ts';

const ways = z.strictObject({
  signal: signal({
    description: 'The signal that makes it read its configuration again.',
    examples: ['SIGHUP'],
  }).optional(),
  command: command({
    description: 'The command that does it.',
    examples: [['nginx', '-s', 'reload']],
  }).optional(),
  timeout: positiveDuration({ description: 'How long the command may take.', examples: ['5s'] }).prefault(
    '10s',
  ),
});

export const reloadSchema = exactlyOneOf(ways, ['signal', 'command'], 'Keep one of the two.')
  .optional()
  .meta({
    description: 'How it reads its own configuration again: a signal, or a command that ends with 0.',
    examples: [{ signal: 'SIGHUP' }],
  });
