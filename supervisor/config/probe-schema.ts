// The schema of readiness and liveness. Kubernetes' probe fields under Kubernetes' names, in snake case.
import * as z from 'zod';
import { absolutePath, command, httpUrl, positiveDuration } from './schema-scalars.ts';

const http = z
  .strictObject({
    url: httpUrl({ description: 'The URL to ask.', examples: ['http://127.0.0.1:8080/healthz'] }),
    method: z.enum(['GET', 'HEAD']).default('GET').meta({ description: 'The request method.' }),
    headers: z.record(z.string(), z.string()).default({}).meta({ description: 'Request headers.' }),
  })
  .meta({
    description: 'Passes when the answer has a status from 200 to 399.',
    examples: [{ url: 'http://127.0.0.1:8080/healthz' }],
  });

const tcp = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1').meta({ description: 'The host to connect to.' }),
    port: z
      .int()
      .min(1)
      .max(65535)
      .meta({ description: 'The port to connect to.', examples: [8080] }),
  })
  .meta({ description: 'Passes when a TCP connection can be made.', examples: [{ port: 8080 }] });

const exec = command({
  description: 'Passes when this command ends with 0. It has the environment of the service.',
  examples: [['pg_isready', '-q']],
});

const file = absolutePath({ description: 'Passes when this file exists.', examples: ['/run/app/ready'] });

const notify = z
  .strictObject({
    fd: z
      .int()
      .min(3)
      .max(1023)
      .meta({ description: 'The number of the descriptor that the service finds open.', examples: [3] }),
  })
  .meta({
    description: 'Ready when the service writes a newline on this descriptor, as s6 does it.',
    examples: [{ fd: 3 }],
  });

const pace = {
  period: positiveDuration({ description: 'Time between two probes.', examples: ['10s'] }).prefault('10s'),
  timeout: positiveDuration({
    description: 'A probe that takes longer has failed.',
    examples: ['1s'],
  }).prefault('1s'),
  failure_threshold: z
    .int()
    .min(1)
    .default(3)
    .meta({ description: 'So many failures in a row count as one.' }),
};

const probes = { http: http.optional(), tcp: tcp.optional(), exec: exec.optional(), file: file.optional() };

/** The kinds of check, of which exactly one must be there. */
const KINDS = ['http', 'tcp', 'exec', 'file', 'notify'] as const;

function kindsOf(value: Readonly<Record<string, unknown>>): readonly string[] {
  return KINDS.filter((kind) => value[kind] !== undefined);
}

/** Runs also where a part is wrong, so that all is reported at once; the parts may then be anything. */
const always = {
  when: (payload: { value: unknown }) => typeof payload.value === 'object' && payload.value !== null,
};

export const readinessSchema = z
  .strictObject({ ...probes, notify: notify.optional(), ...pace })
  .refine((value) => kindsOf(value).length === 1, {
    ...always,
    message: 'must have exactly one of http, tcp, exec, file and notify',
    params: { remedy: 'Keep one of them; for two conditions write a script and use exec.' },
  })
  .meta({
    description: 'When the service is ready. Without it, a service is ready as soon as it has been started.',
    examples: [{ http: { url: 'http://127.0.0.1:8080/healthz' } }],
  });

export const livenessSchema = z
  .strictObject({ ...probes, ...pace })
  .refine((value) => kindsOf(value).length === 1, {
    ...always,
    message: 'must have exactly one of http, tcp, exec and file',
    params: { remedy: 'Keep one of them; for two conditions write a script and use exec.' },
  })
  .meta({
    description: 'When the service is alive. If not, it is stopped and counts as failed.',
    examples: [{ tcp: { port: 8080 } }],
  });
