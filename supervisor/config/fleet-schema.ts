// The schema of bosun.yaml, which stands beside the services directory and holds what belongs to the whole.
import * as z from 'zod';
import { SERVICE_NAME_PATTERN } from '../core/names.ts';
import { journalSchema } from './journal-schema.ts';
import { accessSchema } from './access-schema.ts';
import { listenersSchema } from './listener-schema.ts';
import { fleetLogsSchema } from './logs-schema.ts';
import { otlpSchema } from './otlp-schema.ts';
import { absolutePath, positiveDuration, signal } from './schema-scalars.ts';

const forward = z.strictObject({
  service: z
    .string()
    .regex(SERVICE_NAME_PATTERN)
    .meta({ description: 'The service that gets it.', examples: ['caddy'] }),
  signal: signal({
    description: 'What it gets; the signal received if not said.',
    examples: ['SIGHUP'],
  }).optional(),
});

export const fleetSchema = z
  .strictObject({
    shutdown: z
      .strictObject({
        budget: positiveDuration({
          description: 'A shutdown ends within this time. Keep it below the grace period of the container.',
          examples: ['25s'],
        }).prefault('9s'),
      })
      .prefault({})
      .meta({ description: 'How the container stops.', examples: [{ budget: '25s' }] }),
    signals: z
      .record(z.string(), forward)
      .default({})
      .meta({
        description:
          'Where signals that Bosun receives are sent on to. TERM, INT and HUP have meanings of their own.',
        examples: [{ SIGUSR1: { service: 'caddy', signal: 'SIGUSR1' } }],
      }),
    logs: fleetLogsSchema,
    socket: absolutePath({
      description: 'The path of the control socket.',
      examples: ['/run/bosun/bosun.sock'],
    }).optional(),
    state_dir: absolutePath({
      description:
        'Where Bosun keeps what is to outlive it: the journal, the output of jobs, API keys. Named here, services that the ' +
        'operator has stopped stay stopped over a restart of the container. If not said: beside the control socket, `bosun.state` for `bosun.sock`.',
      examples: ['/var/lib/bosun'],
    }).optional(),
    journal: journalSchema,
    access: accessSchema,
    listeners: listenersSchema,
    tracing: z
      .strictObject({
        otlp: otlpSchema('http://collector:4318/v1/traces', 'Where spans are posted, the path included.'),
      })
      .optional()
      .meta({
        description: 'Boots, restarts, commands and the shutdown as spans of OpenTelemetry.',
        examples: [{ otlp: { url: 'http://collector:4318/v1/traces' } }],
      }),
  })
  .meta({ title: 'Bosun as a whole', description: 'bosun.yaml, beside the services directory.' });

export type FleetFile = z.output<typeof fleetSchema>;
