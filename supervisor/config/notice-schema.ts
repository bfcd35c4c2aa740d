// The schema of how a service says of itself that it is ready: by a notification, or by a line of its output.
import * as z from 'zod';
import type { LogPattern } from '../core/probe-spec.ts';
import { parsePattern } from './pattern.ts';
import { exactlyOneOf } from './refinement.ts';

export const notifySchema = exactlyOneOf(
  z.strictObject({
    fd: z
      .int()
      .min(3)
      .max(1023)
      .optional()
      .meta({
        description:
          'Ready when it writes a newline on this descriptor, which it finds open: the protocol of s6.',
        examples: [3],
      }),
    socket: z
      .boolean()
      .refine((value) => value, {
        message: 'can only be true',
        params: { remedy: 'Write true, or remove it.' },
      })
      .optional()
      .meta({
        description:
          'Ready when it sends READY=1 to the socket that NOTIFY_SOCKET names: the protocol of systemd, sd_notify(3).',
        examples: [true],
      }),
  }),
  ['fd', 'socket'],
  'Keep fd for a newline on a descriptor, socket for sd_notify.',
).meta({ description: 'Ready when the service says so.', examples: [{ fd: 3 }, { socket: true }] });

const pattern = z.string().meta({
  description:
    'A regular expression of JavaScript, with the flag v, tried on each line. As in all values, a dollar is written `$$`.',
  examples: ['^listening on port \\d+$$'],
});

export const logSchema = z
  .union([
    pattern,
    z.strictObject({
      pattern,
      stream: z
        .enum(['stdout', 'stderr', 'both'])
        .default('both')
        .meta({ description: 'Where the line is looked for.', examples: ['stdout'] }),
    }),
  ])
  .transform((written, context): LogPattern => {
    const { pattern: text, stream } =
      typeof written === 'string' ? { pattern: written, stream: 'both' as const } : written;
    const result = parsePattern(text);
    if (result.kind === 'ok') return { kind: 'log', pattern: result.value, stream };
    const path = typeof written === 'string' ? [] : ['pattern'];
    context.addIssue({ code: 'custom', message: result.message, path, params: { remedy: result.remedy } });
    return z.NEVER;
  })
  .meta({
    description: 'Passes with the first line of its output that matches, and then holds for the run.',
    examples: ['ready to accept connections', { pattern: 'started in \\d+ ms$$', stream: 'stderr' }],
  });
