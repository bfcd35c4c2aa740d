// The schema of a service file, services.d/NAME.yaml: the one source of its types, of schema.json and of the reference.
// Only what one key can be judged by; contradictions.ts has what needs several keys, cross-checks.ts what needs other files.
import * as z from 'zod';
import { applicationSchema } from './application-schema.ts';
import { attachSchema, onGoneSchema } from './attach-schema.ts';
import { command } from './command-schema.ts';
import { dependsOnSchema } from './dependency-schema.ts';
import { environmentSchema, envFileSchema } from './environment-schema.ts';
import { executionShape } from './execution-schema.ts';
import { hooksSchema } from './hooks-schema.ts';
import { instancesSchema } from './instances-schema.ts';
import { serviceLogsSchema } from './logs-schema.ts';
import { livenessSchema, readinessSchema, startupSchema } from './probe-schema.ts';
import { reloadSchema } from './reload-schema.ts';
import { restartSchema } from './restart-schema.ts';
import { scheduleShape } from './schedule-schema.ts';
import { absolutePath } from './schema-scalars.ts';
import { stopSchema } from './stop-schema.ts';
import { whenSchema } from './when-schema.ts';

export const serviceSchema = z
  .strictObject({
    description: z
      .string()
      .default('')
      .meta({ description: 'One line for people.', examples: ['Reverse proxy'] }),
    type: z
      .enum(['service', 'oneshot', 'timer', 'attached'])
      .default('service')
      .meta({
        description:
          'A service runs for as long as the container. A oneshot runs once and has completed when it ends well. A timer runs again ' +
          'and again, when `schedule` or `every` says. An attached service is a process that something else has started: see `attach`.',
        examples: ['oneshot'],
      }),
    command: command({
      description:
        'Program and arguments; a string is split as a shell splits words, but no shell runs it. Required, except of an attached service.',
      examples: [['caddy', 'run', '--config', '/etc/caddy/Caddyfile'], 'caddy run'],
    }).optional(),
    attach: attachSchema,
    on_gone: onGoneSchema,
    environment: environmentSchema.optional(),
    env_file: envFileSchema.optional(),
    working_dir: absolutePath({ description: 'The working directory.', examples: ['/srv/app'] }).prefault(
      '/',
    ),
    ...executionShape,
    when: whenSchema,
    instances: instancesSchema.optional(),
    depends_on: dependsOnSchema.optional(),
    startup: startupSchema,
    readiness: readinessSchema,
    liveness: livenessSchema,
    restart: restartSchema,
    success_exit_codes: z
      .array(z.int().min(0).max(255))
      .min(1)
      .default([0])
      .meta({ description: 'The exit codes that are no failure.', examples: [[0, 12]] }),
    essential: z
      .boolean()
      .default(false)
      .meta({
        description: 'When it has failed for good, the container stops with its exit code.',
        examples: [true],
      }),
    main: z
      .boolean()
      .default(false)
      .meta({ description: 'When it ends, the container stops with its exit code.', examples: [true] }),
    stop: stopSchema,
    hooks: hooksSchema,
    down: command({
      description:
        'Of a oneshot that has completed: the command that undoes it when it is stopped, in the order in which a service would be.',
      examples: [['umount', '/mnt/data']],
    }).optional(),
    reload: reloadSchema,
    logs: serviceLogsSchema,
    application: applicationSchema,
    ...scheduleShape,
  })
  .meta({ title: 'A service of Bosun', description: 'One file for each service: services.d/NAME.yaml.' });

export type ServiceFile = z.output<typeof serviceSchema>;
