// The schema of `hooks`: commands around a run. Each is a command, or a command and how long it may take.
import * as z from 'zod';
import type { HookSpec } from '../core/service-spec.ts';
import { command, COMMAND_FORMS, commandOf } from './command-schema.ts';
import { positiveDuration, type Meta } from './schema-scalars.ts';

const TIMEOUT_MS = 10_000;

const withTimeout = z.strictObject({
  command: command({ description: 'The command.', examples: [['/app/hook']] }),
  timeout: positiveDuration({
    description: 'After it the command is ended and has failed.',
    examples: ['30s'],
  }).prefault('10s'),
});

function hook(meta: Meta) {
  return z
    .union([...COMMAND_FORMS, withTimeout])
    .transform((written, context): HookSpec => {
      if (typeof written === 'string' || Array.isArray(written))
        return { command: commandOf(written, context), timeoutMs: TIMEOUT_MS };
      return { command: written.command, timeoutMs: written.timeout };
    })
    .meta({ title: 'command or map', ...meta })
    .exactOptional();
}

export const hooksSchema = z
  .strictObject({
    pre_start: hook({
      description: 'Before the service is spawned. If it fails, the start has failed.',
      examples: [['mkdir', '-p', '/run/app'], { command: ['migrate', 'up'], timeout: '1m' }],
    }),
    post_start: hook({
      description:
        'When the service has become ready for the first time. If it fails, the run is stopped and has failed.',
      examples: [['notify-team', 'app is up']],
    }),
    pre_stop: hook({
      description: 'Before the stop signal, within the grace period of `stop.timeout`.',
      examples: [['deregister', 'app']],
    }),
    post_stop: hook({
      description: 'When every process of the run is gone, however it ended.',
      examples: [['rm', '-f', '/run/app/app.sock']],
    }),
  })
  .prefault({})
  .meta({
    description:
      'Commands around a run, in the environment and the working directory of the service. Each is a command, or a map of ' +
      '`command` and `timeout` (10s by default).',
    examples: [{ pre_start: ['mkdir', '-p', '/run/app'] }],
  });
