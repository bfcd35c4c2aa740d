// The schema of what a service runs as: user, groups, limits, security, priorities. The keys of a service file that service-schema.ts
// takes over as they are.
import * as z from 'zod';
import { parseAccount, parseUser } from './account-reference.ts';
import { CAPABILITY_NAMES, parseCapability } from './capability-names.ts';
import { parseCpuList } from './cpu-list.ts';
import { limitsSchema } from './limits-schema.ts';
import { scalar } from './schema-scalars.ts';

const account = { type: ['string', 'integer'], minimum: 0 };

const capability = scalar(parseCapability, {
  enum: [...CAPABILITY_NAMES, ...CAPABILITY_NAMES.map((name) => `CAP_${name}`)],
  description: 'A name of capabilities(7), with or without CAP_.',
  examples: ['NET_BIND_SERVICE'],
});

const securitySchema = z
  .strictObject({
    no_new_privileges: z
      .boolean()
      .default(false)
      .meta({
        description: 'No program that it executes gains privileges, by set-user-ID or by file capabilities.',
        examples: [true],
      }),
    capabilities: z
      .array(capability)
      .optional()
      .meta({
        description:
          'It has exactly these capabilities, also as another user than root; an empty list for none.',
        examples: [['NET_BIND_SERVICE'], []],
      }),
    oom_score_adj: z
      .int()
      .min(-1000)
      .max(1000)
      .optional()
      .meta({
        description: 'How soon the OOM killer takes it: -1000 never, 1000 first.',
        examples: [100],
      }),
    umask: z
      .string()
      .regex(/^0?[0-7]{1,3}$/)
      .transform((digits) => Number.parseInt(digits, 8))
      .optional()
      .meta({
        description: 'The file mode bits that its new files do not get, in octal.',
        examples: ['027'],
      }),
  })
  .prefault({})
  .meta({
    description: 'What it may do.',
    examples: [{ no_new_privileges: true, capabilities: ['NET_BIND_SERVICE'], umask: '027' }],
  });

const ioPrioritySchema = z
  .union([
    z
      .strictObject({
        class: z.enum(['realtime', 'best-effort', 'idle']).meta({
          description: 'The class of ioprio_set(2). realtime needs a privilege.',
          examples: ['best-effort'],
        }),
        level: z
          .int()
          .min(0)
          .max(7)
          .optional()
          .meta({
            description: 'Within realtime and best-effort: 0 is the first, 7 the last. 4 if not said.',
            examples: [7],
          }),
      })
      .refine((value) => value.class !== 'idle' || value.level === undefined, {
        message: 'the class idle has no levels',
        params: { remedy: 'Remove level.' },
      }),
    z.literal('idle'),
  ])
  .optional()
  .meta({
    description:
      'Its priority at the disk: a class and a level, or `idle` for only when nobody else needs it.',
    examples: [{ class: 'best-effort', level: 7 }, 'idle'],
  });

export const executionShape = {
  user: scalar(parseUser, {
    ...account,
    description:
      "As whom it runs: a name, a number, or user:group. A user's own supplementary groups are set, and HOME, USER, LOGNAME and " +
      'SHELL follow it unless `environment` says otherwise.',
    examples: ['web', 1000, 'web:staff'],
  }).optional(),
  group: scalar(parseAccount, {
    ...account,
    description: "Its primary group: a name or a number. The user's own, if not said.",
    examples: ['staff', 1000],
  }).optional(),
  groups: z
    .array(scalar(parseAccount, { ...account, description: 'A group.', examples: ['video'] }))
    .optional()
    .meta({
      description: "Its supplementary groups, instead of the user's own; an empty list for none.",
      examples: [['video', 2000], []],
    }),
  limits: limitsSchema,
  security: securitySchema,
  nice: z
    .int()
    .min(-20)
    .max(19)
    .optional()
    .meta({
      description:
        'Its CPU priority: -20 is the first, 19 the last. Below that of Bosun it needs a privilege.',
      examples: [10],
    }),
  io_priority: ioPrioritySchema,
  cpu_affinity: scalar(parseCpuList, {
    type: ['array', 'string', 'integer'],
    items: { type: ['integer', 'string'] },
    description: 'The CPUs that it may use.',
    examples: [[0, 1], '0-3,6'],
  }).optional(),
};
