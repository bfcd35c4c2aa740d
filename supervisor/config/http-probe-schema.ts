// The schema of an http probe: what is asked, and which answers pass.
import * as z from 'zod';
import type { StatusRange } from '../core/probe-spec.ts';
import { parseStatus } from './http-status.ts';
import { EVEN_WHEN_PARTS_ARE_WRONG } from './refinement.ts';
import { absolutePath, httpUrl, size } from './schema-scalars.ts';

const statusForms = [z.int(), z.string()] as const;

const status = z
  .union([...statusForms, z.array(z.union(statusForms)).min(1)])
  .transform((written, context): readonly StatusRange[] => {
    const list = Array.isArray(written) ? written : [written];
    return list.flatMap((item, index) => {
      const result = parseStatus(item);
      if (result.kind === 'ok') return [result.value];
      const path = Array.isArray(written) ? [index] : [];
      context.addIssue({ code: 'custom', message: result.message, path, params: { remedy: result.remedy } });
      return [];
    });
  })
  .prefault('200-399')
  .meta({
    description: 'The statuses that pass: one, a range, or a list of those. Redirects are not followed.',
    examples: [[200, 204, '300-308'], 204],
  });

const tls = z
  .strictObject({
    verify: z
      .boolean()
      .default(false)
      .meta({
        description:
          'Whether the certificate must be valid. Kubernetes does not ask for that, and by default no more do we.',
        examples: [true],
      }),
    ca: absolutePath({
      description:
        'A PEM file of the authorities that are trusted; the usual ones if not said. With `verify: true`.',
      examples: ['/etc/app/ca.pem'],
    }).optional(),
    server_name: z
      .string()
      .min(1)
      .optional()
      .meta({
        description:
          'The name that the certificate must have; the host of the URL if not said. With `verify: true`.',
        examples: ['app.internal'],
      }),
  })
  .refine((value) => value.verify || (value.ca === undefined && value.server_name === undefined), {
    ...EVEN_WHEN_PARTS_ARE_WRONG,
    message: 'ca and server_name have no effect without verify: true',
    params: { remedy: 'Add verify: true, or remove them.' },
  });

export const httpProbe = z
  .strictObject({
    url: httpUrl({ description: 'The URL to ask.', examples: ['http://127.0.0.1:8080/healthz'] }),
    method: z
      .enum(['GET', 'HEAD', 'POST'])
      .default('GET')
      .meta({ description: 'The request method.', examples: ['HEAD'] }),
    headers: z
      .record(z.string(), z.string())
      .default({})
      .meta({ description: 'Request headers.', examples: [{ Host: 'app.internal' }] }),
    status,
    tls: tls.optional().meta({
      description: 'For an https URL: whom to trust.',
      examples: [{ verify: true, ca: '/etc/app/ca.pem' }],
    }),
    contains: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Text that must be in the body of the answer.', examples: ['"status":"ok"'] }),
    max_body: size({
      description: 'The body is read up to this size; `contains` is looked for in that part.',
      examples: ['64K'],
    }).prefault('10K'),
  })
  .refine(({ url, tls }) => tls === undefined || !/^http:/i.test(url), {
    ...EVEN_WHEN_PARTS_ARE_WRONG,
    path: ['tls'],
    message: 'tls has no effect on an http URL',
    params: { remedy: 'Write an https URL, or remove it.' },
  })
  .refine(({ method, contains }) => contains === undefined || method !== 'HEAD', {
    ...EVEN_WHEN_PARTS_ARE_WRONG,
    path: ['contains'],
    message: 'the answer to HEAD has no body',
    params: { remedy: 'Use GET, or remove contains.' },
  })
  .refine(({ contains, max_body }) => contains === undefined || Buffer.byteLength(contains) <= max_body, {
    path: ['max_body'],
    message: 'is less than the text of contains',
    params: { remedy: 'Make it larger.' },
  })
  .meta({
    description: 'Passes when the answer has one of the statuses, by default 200 to 399.',
    examples: [{ url: 'http://127.0.0.1:8080/healthz' }],
  });
