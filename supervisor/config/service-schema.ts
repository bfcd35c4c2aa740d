// The schema of a service file, services.d/NAME.yaml: the one source of its types, of schema.json and of the reference.
// Only what one file can be judged by; what needs other files is in cross-checks.ts.
import * as z from 'zod';
import { SERVICE_NAME_PATTERN } from '../core/names.ts';
import { livenessSchema, readinessSchema } from './probe-schema.ts';
import { absolutePath, command, duration, positiveDuration, signal } from './schema-scalars.ts';

const serviceName = z.string().regex(SERVICE_NAME_PATTERN);

const dependency = z.strictObject({
  condition: z
    .enum(['service_started', 'service_healthy', 'service_completed_successfully'])
    .default('service_healthy')
    .meta({ description: 'What must be true of it before this service starts.' }),
  required: z
    .boolean()
    .default(true)
    .meta({ description: 'If false, go on when it is missing, skipped or failed.' }),
  restart: z
    .boolean()
    .default(false)
    .meta({ description: 'Restart this service after it has been started anew.' }),
});

const dependsOn = z.union([z.array(serviceName), z.record(serviceName, dependency)]).meta({
  description: 'What must be there before this service starts. A list means service_healthy for each.',
  examples: [['consul'], { migrate: { condition: 'service_completed_successfully' } }],
});

const variableName = z.string().regex(/^[^=]+$/);

const environment = z
  .union([z.array(z.string().regex(/^[^=]+(=|$)/)), z.record(variableName, z.string().nullable())])
  .meta({
    description: "Variables for the service. One without a value is taken from Bosun's own environment.",
    examples: [{ PORT: '8080', HOME: null }],
  });

const envFile = z.union([z.array(z.string().min(1)), z.string().min(1)]).meta({
  description: 'Files with KEY=VALUE lines, relative to this file. What `environment` says wins.',
  examples: ['app.env'],
});

const burst = z.strictObject({
  count: z.int().min(0).optional().meta({
    description:
      'More restarts than this in the window: failed. 0 sets no limit. 5 for essential and main, else 0.',
  }),
  window: positiveDuration({ description: 'Restarts are counted over this time.' }).prefault('60s'),
});

const restart = z.strictObject({
  policy: z.enum(['always', 'on-failure', 'never']).optional().meta({
    description: 'When to start it again after it ended. always for a service, never for a oneshot.',
  }),
  delay: duration({ description: 'Before the first restart; doubles with each up to max_delay.' }).prefault(
    '500ms',
  ),
  max_delay: duration({ description: 'The longest delay.' }).prefault('30s'),
  reset_after: duration({ description: 'After so long a ready life the delay starts over.' }).prefault('60s'),
  burst: burst.prefault({}).meta({ description: 'The limit of restarts.' }),
});

const stop = z.strictObject({
  signal: signal({ description: 'The signal that asks it to stop.', examples: ['SIGTERM'] }).prefault(
    'SIGTERM',
  ),
  timeout: duration({ description: 'SIGKILL follows after this.', examples: ['5s'] }).prefault('5s'),
});

const always = {
  when: (payload: { value: unknown }) => typeof payload.value === 'object' && payload.value !== null,
};

const reload = z
  .strictObject({
    signal: signal({
      description: 'The signal that makes it read its configuration again.',
      examples: ['SIGHUP'],
    }).optional(),
    command: command({
      description: 'The command that does it.',
      examples: [['nginx', '-s', 'reload']],
    }).optional(),
    timeout: positiveDuration({ description: 'How long the command may take.' }).prefault('10s'),
  })
  .refine((value) => (value.signal === undefined) !== (value.command === undefined), {
    ...always,
    message: 'must have either signal or command',
    params: { remedy: 'Keep one of the two.' },
  });

export const serviceSchema = z
  .strictObject({
    description: z
      .string()
      .default('')
      .meta({ description: 'One line for people.', examples: ['Reverse proxy'] }),
    type: z
      .enum(['service', 'oneshot'])
      .default('service')
      .meta({ description: 'A service runs for as long as the container; a oneshot runs once and ends.' }),
    command: command({
      description: 'Program and arguments; a string is split as a shell splits words, but no shell runs it.',
      examples: [['caddy', 'run', '--config', '/etc/caddy/Caddyfile']],
    }),
    depends_on: dependsOn.optional(),
    environment: environment.optional(),
    env_file: envFile.optional(),
    working_dir: absolutePath({ description: 'The working directory.', examples: ['/srv/app'] }).prefault(
      '/',
    ),
    readiness: readinessSchema.optional(),
    liveness: livenessSchema.optional(),
    startup: z
      .strictObject({
        timeout: duration({
          description:
            'Not ready by then: stopped, and counted as a failure. 0 sets no limit. 60s; for a oneshot 0.',
          examples: ['60s'],
        }).optional(),
      })
      .prefault({})
      .meta({ description: 'The time it may take to become ready.', examples: [{ timeout: '60s' }] }),
    restart: restart
      .prefault({})
      .meta({ description: 'What happens when it ends.', examples: [{ policy: 'on-failure' }] }),
    essential: z.boolean().default(false).meta({
      description: 'When it has failed for good, the container stops with its exit code.',
    }),
    main: z
      .boolean()
      .default(false)
      .meta({ description: 'When it ends, the container stops with its exit code.' }),
    stop: stop
      .prefault({})
      .meta({ description: 'How it is stopped.', examples: [{ signal: 'SIGINT', timeout: '5s' }] }),
    reload: reload
      .optional()
      .meta({ description: 'How it reads its configuration again.', examples: [{ signal: 'SIGHUP' }] }),
    success_exit_codes: z
      .array(z.int().min(0).max(255))
      .min(1)
      .default([0])
      .meta({ description: 'The exit codes that are no failure.', examples: [[0, 12]] }),
    when: z
      .strictObject({
        executable: z
          .string()
          .min(1)
          .meta({ description: 'A program, looked up in the PATH of the service, or a path.' }),
      })
      .optional()
      .meta({
        description: 'Where this is not so, the service is skipped, with the reason.',
        examples: [{ executable: 'caddy' }],
      }),
  })
  .meta({ title: 'A service of Bosun', description: 'One file for each service: services.d/NAME.yaml.' });

export type ServiceFile = z.output<typeof serviceSchema>;
