// The schema of `stop`: how a service is asked to end, and who gets SIGKILL when it does not. systemd's names of the kill modes.
import * as z from 'zod';
import { command } from './command-schema.ts';
import { duration, signal } from './schema-scalars.ts';

export const stopSchema = z
  .strictObject({
    signal: signal({ description: 'The signal that asks it to stop.', examples: ['SIGINT'] }).prefault(
      'SIGTERM',
    ),
    timeout: duration({
      description: 'The grace period: SIGKILL follows after it. 0 kills at once.',
      examples: ['20s'],
    }).prefault('5s'),
    kill_mode: z
      .enum(['group', 'process', 'mixed'])
      .default('group')
      .meta({
        description:
          'Who gets the signal, and who SIGKILL after the grace period. group: its whole process group both. mixed: its first ' +
          'process the signal, the group SIGKILL. process: its first process both; what that leaves behind is left alone and told.',
        examples: ['mixed'],
      }),
    command: command({
      description:
        'Run instead of sending the signal. What lives after the grace period gets SIGKILL all the same.',
      examples: [['nginx', '-s', 'quit']],
    }).optional(),
  })
  .prefault({})
  .meta({ description: 'How it is stopped.', examples: [{ signal: 'SIGINT', timeout: '20s' }] });
