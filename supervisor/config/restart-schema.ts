// The schema of `restart`: what happens when a service has ended. Compose's names of the policies.
import * as z from 'zod';
import { duration, positiveDuration } from './schema-scalars.ts';

const burst = z.strictObject({
  count: z
    .int()
    .min(0)
    .optional()
    .meta({
      description:
        'More restarts than that in the window: failed. 0 sets no limit. By default 5 for essential and main, else 0.',
      examples: [3],
    }),
  window: positiveDuration({
    description: 'Restarts are counted over this time.',
    examples: ['5m'],
  }).prefault('60s'),
});

export const restartSchema = z
  .strictObject({
    policy: z
      .enum(['always', 'on-failure', 'never'])
      .optional()
      .meta({
        description:
          'When to start it again after it ended. By default always for a service, never for a oneshot and a timer; an attached service ' +
          'has `on_gone`.',
        examples: ['on-failure'],
      }),
    delay: duration({
      description: 'Before the first restart; doubles with each up to max_delay, with up to 10 % jitter.',
      examples: ['100ms'],
    }).prefault('500ms'),
    max_delay: duration({ description: 'The longest delay.', examples: ['1m'] }).prefault('30s'),
    reset_after: duration({
      description: 'After so long a ready life the delay starts over.',
      examples: ['2m'],
    }).prefault('60s'),
    burst: burst
      .prefault({})
      .meta({ description: 'The limit of restarts.', examples: [{ count: 3, window: '5m' }] }),
  })
  .prefault({})
  .meta({ description: 'What happens when it ends.', examples: [{ policy: 'on-failure' }] });
