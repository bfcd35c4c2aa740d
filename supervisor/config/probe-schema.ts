// The schema of readiness, liveness and startup. Kubernetes' probe fields under Kubernetes' names, in snake case. Keys that have no
// effect beside another are found in contradictions.ts.
import * as z from 'zod';
import { logSchema, notifySchema } from './notice-schema.ts';
import { probeActions } from './probe-action-schema.ts';
import { exactlyOneOf } from './refinement.ts';
import { duration, positiveDuration } from './schema-scalars.ts';

function pace(period: string) {
  return {
    initial_delay: duration({ description: 'Nothing is asked before.', examples: ['5s'] }).prefault('0s'),
    period: positiveDuration({ description: period, examples: ['5s'] }).prefault('10s'),
    timeout: positiveDuration({
      description: 'A probe that takes longer has failed.',
      examples: ['2s'],
    }).prefault('1s'),
  };
}

const EAGER =
  'Time between two probes. Before the first success they come faster: after 5 ms, then growing up to this.';
const STEADY = 'Time between two probes.';

function failures(description: string) {
  return z
    .int()
    .min(1)
    .meta({ description, examples: [5] });
}

/** Kubernetes has the key there too, and allows this value only. */
const oneSuccess = z
  .int()
  .refine((value) => value === 1, {
    message: 'must be 1: one success is enough here',
    params: { remedy: 'Remove it; only readiness can ask for more.' },
  })
  .optional()
  .meta({ description: 'Only 1 is possible, as in Kubernetes.', examples: [1], minimum: 1, maximum: 1 });

const ONE_KIND = 'Keep one of them; for two conditions write a script and use exec.';

export const readinessSchema = exactlyOneOf(
  z.strictObject({
    ...probeActions,
    notify: notifySchema.optional(),
    log: logSchema.optional(),
    ...pace(EAGER),
    success_threshold: z
      .int()
      .min(1)
      .default(1)
      .meta({ description: 'So many successes in a row make it ready.', examples: [2] }),
    failure_threshold: failures(
      'So many failures in a row make it unready. It is never stopped for that.',
    ).default(3),
  }),
  ['http', 'tcp', 'exec', 'file', 'notify', 'log'],
  ONE_KIND,
)
  .optional()
  .meta({
    description: 'When the service is ready. Without it, a service is ready as soon as it has been started.',
    examples: [{ http: { url: 'http://127.0.0.1:8080/healthz' } }],
  });

export const livenessSchema = exactlyOneOf(
  z.strictObject({
    ...probeActions,
    watchdog: positiveDuration({
      description:
        'The service must send WATCHDOG=1 to the socket that NOTIFY_SOCKET names at least this often: WatchdogSec= of systemd. ' +
        'It finds the time in WATCHDOG_USEC.',
      examples: ['30s'],
    }).optional(),
    grace: duration({
      description:
        'Between the stop signal and SIGKILL when it is stopped for a failure of this. By default `stop.timeout`.',
      examples: ['1s'],
    }).optional(),
    ...pace(STEADY),
    success_threshold: oneSuccess,
    failure_threshold: failures('So many failures in a row: it is stopped, and counts as failed.').default(3),
  }),
  ['http', 'tcp', 'exec', 'file', 'watchdog'],
  ONE_KIND,
)
  .optional()
  .meta({
    description:
      'Whether the service is alive, asked once it has started. If not, it is stopped and counts as failed.',
    examples: [{ tcp: { port: 8080 } }],
  });

const startupProbe = exactlyOneOf(
  z.strictObject({
    ...probeActions,
    log: logSchema.optional(),
    ...pace(EAGER),
    success_threshold: oneSuccess,
    failure_threshold: failures(
      'Limits the start as in Kubernetes, besides `startup.timeout`: initial_delay + failure_threshold * period.',
    ).optional(),
  }),
  ['http', 'tcp', 'exec', 'file', 'log'],
  ONE_KIND,
);

export const startupSchema = z
  .strictObject({
    timeout: duration({
      description:
        'Not started by then: stopped, and counted as a failure. 0 sets no limit. By default 60s; for a oneshot, a timer and an attached service 0. ' +
        'Started means that the startup probe has passed, or without one that it is ready; a timer, and a oneshot without readiness, must have ended. ' +
        'An attached process must have been found; it is left alone when it is not ready in time.',
      examples: ['2m'],
    }).optional(),
    probe: startupProbe.optional().meta({
      description:
        'Until it has passed, neither readiness nor liveness is asked and `startup.timeout` runs; after it, readiness is awaited ' +
        'without that limit, as in Kubernetes.',
      examples: [{ http: { url: 'http://127.0.0.1:8080/healthz' } }],
    }),
  })
  .prefault({})
  .meta({
    description: 'How the service is known to have started, and by when.',
    examples: [{ timeout: '2m' }],
  });
