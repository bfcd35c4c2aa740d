// The schema of `limits`: the rlimits of each process, by the names of getrlimit(2), and what a control group limits for all
// processes of the service together.
import * as z from 'zod';
import type { ResourceLimit, ResourceName } from '../core/execution-spec.ts';
import { wrong, type Parsed } from './parsed.ts';
import { isInBytes, parseLimit, type LimitValue } from './resource-limit.ts';
import { scalar, type Meta } from './schema-scalars.ts';
import { parseSize, SIZE_PATTERN } from './size.ts';

function limitValue(resource: ResourceName, meta: Meta) {
  const pattern = isInBytes(resource) ? `(${SIZE_PATTERN})|^unlimited$` : String.raw`^(\d+|unlimited)$`;
  return scalar((value) => parseLimit(resource, value), {
    type: ['string', 'integer'],
    pattern,
    minimum: 0,
    ...(isInBytes(resource) ? { maximum: 0 } : {}),
    ...meta,
  });
}

/** One value for both, or a map of the two. */
function limit(resource: ResourceName, meta: Meta) {
  const [example] = meta.examples;
  const part = (description: string) => limitValue(resource, { description, examples: [example] });
  const both = z
    .strictObject({
      soft: part('The limit that holds; a process may raise it up to the hard one.'),
      hard: part('The limit up to which a process may raise the soft one.'),
    })
    .refine(({ soft, hard }) => !isAbove(soft, hard), {
      message: 'soft is above hard',
      params: { remedy: 'Make hard at least as large as soft.' },
    });
  return z
    .union([both, limitValue(resource, meta)])
    .transform((written): ResourceLimit => {
      if (typeof written === 'object') return { resource, ...written };
      return { resource, soft: written, hard: written };
    })
    .meta(meta)
    .optional();
}

function isAbove(soft: LimitValue, hard: LimitValue): boolean {
  if (hard === 'unlimited') return false;
  return soft === 'unlimited' || soft > hard;
}

function positiveSize(meta: Meta) {
  return scalar(parsePositiveSize, { type: 'string', pattern: SIZE_PATTERN, ...meta });
}

function parsePositiveSize(value: unknown): Parsed<number> {
  const parsed = parseSize(value);
  if (parsed.kind === 'error' || parsed.value > 0) return parsed;
  return wrong('must be larger than 0', 'Write a size such as 512M.');
}

const RESOURCES = {
  nofile: limit('nofile', { description: 'Open files.', examples: [65536, { soft: 1024, hard: 65536 }] }),
  nproc: limit('nproc', {
    description: 'Processes and threads of its user, wherever they run; for root it does not hold.',
    examples: [512],
  }),
  core: limit('core', { description: 'The size of a core dump; 0 for none.', examples: [0, 'unlimited'] }),
  stack: limit('stack', { description: 'The size of the main stack.', examples: ['8M'] }),
  as: limit('as', { description: 'The address space of a process.', examples: ['4G'] }),
  data: limit('data', { description: 'The data segment of a process.', examples: ['1G'] }),
  memlock: limit('memlock', {
    description: 'Memory that may be locked into RAM.',
    examples: ['64M', 'unlimited'],
  }),
  fsize: limit('fsize', { description: 'The size of a file that it writes.', examples: ['1G'] }),
  cpu: limit('cpu', { description: 'CPU time of a process, in seconds.', examples: [3600] }),
  rss: limit('rss', { description: 'Resident memory; Linux does not enforce it.', examples: ['1G'] }),
  locks: limit('locks', { description: 'File locks; Linux does not enforce it.', examples: [1024] }),
  sigpending: limit('sigpending', { description: 'Signals that wait for its user.', examples: [10000] }),
  msgqueue: limit('msgqueue', {
    description: 'Bytes in the POSIX message queues of its user.',
    examples: ['800K'],
  }),
  nice: limit('nice', {
    description: 'How far it may lower its nice value: down to 20 minus this number.',
    examples: [25],
  }),
  rtprio: limit('rtprio', { description: 'The highest realtime priority it may take.', examples: [10] }),
  rttime: limit('rttime', {
    description: 'CPU time under a realtime policy without a blocking call, in microseconds.',
    examples: [200000],
  }),
} satisfies Record<ResourceName, unknown>;

export const RESOURCE_NAMES = Object.keys(RESOURCES) as readonly ResourceName[];

export const limitsSchema = z
  .strictObject({
    ...RESOURCES,
    memory: positiveSize({
      description: 'Memory of all its processes together: memory.max of a control group.',
      examples: ['512M'],
    }).optional(),
    cpus: z
      .number()
      .min(0.01)
      .max(8192)
      .optional()
      .meta({
        description: 'CPU time of all its processes together, in CPUs: cpu.max of a control group.',
        examples: [1.5],
      }),
    pids: z
      .int()
      .min(1)
      .optional()
      .meta({
        description: 'Processes and threads of the service together: pids.max of a control group.',
        examples: [200],
      }),
    io_weight: z
      .int()
      .min(1)
      .max(10000)
      .optional()
      .meta({
        description:
          'Its share of the disk against others, where 100 is usual: io.weight of a control group.',
        examples: [100],
      }),
  })
  .prefault({})
  .meta({
    description:
      'What its processes may use. memory, cpus, pids and io_weight need a writable cgroup v2: where there is none the service ' +
      'runs without them, and its status says so. All others are the rlimits of each process: a number or a size for both the ' +
      'soft and the hard limit, `unlimited`, or a map of `soft` and `hard`.',
    examples: [{ nofile: 65536, core: 0, memory: '512M' }],
  });
