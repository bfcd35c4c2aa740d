// The schema of `depends_on`, under Compose's names.
import * as z from 'zod';

/** As in core/names.ts, or with an @ the name of a template. */
const serviceName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}@?$/);

const dependency = z.strictObject({
  condition: z
    .enum(['service_started', 'service_healthy', 'service_completed_successfully'])
    .default('service_healthy')
    .meta({
      description:
        'What must be true of it before this service starts. A oneshot is healthy when it has completed.',
      examples: ['service_started'],
    }),
  required: z
    .boolean()
    .default(true)
    .meta({ description: 'If false, go on when it is missing, skipped or failed.', examples: [false] }),
  restart: z
    .boolean()
    .default(false)
    .meta({ description: 'Restart this service after it has been started anew.', examples: [true] }),
});

export const dependsOnSchema = z.union([z.array(serviceName), z.record(serviceName, dependency)]).meta({
  description:
    'What must be there before this service starts. A list means service_healthy for each. ' +
    'NAME@ is every instance of the template NAME@.yaml.',
  examples: [['consul'], { migrate: { condition: 'service_completed_successfully' } }],
});
