// The schema of `logs.sinks` in bosun.yaml: where lines go beside standard output and files. What may hold a secret, a URL or a header,
// is never repeated in a message.
import * as z from 'zod';
import { SERVICE_NAME_PATTERN } from '../core/names.ts';
import { HOST_PORT_PATTERN, parseHostPort } from './host-port.ts';
import { ok, type Parsed } from './parsed.ts';
import { otlpSchema, receiverHeaders, receiverUrl } from './otlp-schema.ts';
import { exactlyOneOf } from './refinement.ts';
import { absolutePath, scalar, size, type Meta } from './schema-scalars.ts';
import { FACILITY_NAMES, parseFacility } from './syslog-facility.ts';

const SMALLEST_QUEUE_BYTES = 1024 * 1024;

/** As Prometheus and Loki name labels. */
const LABEL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The text itself, so that a plan shows it as it is written. */
function writtenAs(parse: (value: unknown) => Parsed<unknown>) {
  return (value: unknown): Parsed<string> => {
    const parsed = parse(value);
    return parsed.kind === 'ok' ? ok(String(value)) : parsed;
  };
}

const hostPort = (meta: Meta) =>
  scalar(writtenAs(parseHostPort), { type: 'string', pattern: HOST_PORT_PATTERN, ...meta });

const syslog = exactlyOneOf(
  z.strictObject({
    unix: absolutePath({
      description: 'The socket of a receiver in this container.',
      examples: ['/dev/log'],
    }).optional(),
    udp: hostPort({
      description: 'A receiver, one datagram a record: what is lost on the way is not known.',
      examples: ['logs.internal:514'],
    }).optional(),
    tcp: hostPort({
      description: 'A receiver, over one connection.',
      examples: ['logs.internal:601', '[fd00::7]:601'],
    }).optional(),
    facility: scalar(writtenAs(parseFacility), {
      type: ['string', 'integer'],
      enum: [...FACILITY_NAMES, ...FACILITY_NAMES.keys()],
      default: 'daemon',
      description: 'The facility of each record: a name or a number of RFC 5424.',
      examples: ['local0', 3],
    }).prefault('daemon'),
  }),
  ['unix', 'udp', 'tcp'],
  'Keep unix for a socket in this container, udp or tcp for a receiver on the network.',
).meta({
  description: 'A syslog receiver, in the format of RFC 5424.',
  examples: [{ unix: '/dev/log' }, { tcp: 'logs.internal:601', facility: 'local0' }],
});

const otlp = otlpSchema('http://collector:4318/v1/logs', 'Where logs are posted, the path included.');

const loki = z
  .strictObject({
    url: receiverUrl({
      description: 'Where lines are pushed, the path included.',
      examples: ['http://loki:3100/loki/api/v1/push'],
    }),
    headers: receiverHeaders,
    labels: z
      .record(z.string().regex(LABEL_NAME), z.string())
      .default({})
      .meta({
        description: 'Labels of all lines, beside the service and the stream.',
        examples: [{ env: 'production' }],
      }),
  })
  .meta({
    description: "Loki's push API.",
    examples: [{ url: 'http://loki:3100/loki/api/v1/push', labels: { env: 'production' } }],
  });

const sink = exactlyOneOf(
  z.strictObject({
    syslog: syslog.optional(),
    otlp: otlp.optional(),
    loki: loki.optional(),
    queue: size({
      description:
        'What waits on the disk while the receiver is away, at least 1M; beyond it the oldest lines are dropped and counted.',
      examples: ['256M'],
    })
      .refine((bytes) => bytes >= SMALLEST_QUEUE_BYTES, {
        params: { remedy: 'Write 1M or more.' },
        error: 'is too small',
      })
      .prefault('64M'),
  }),
  ['syslog', 'otlp', 'loki'],
  'Write one sink for each receiver.',
);

export const logSinksSchema = z
  .record(z.string().regex(SERVICE_NAME_PATTERN), sink)
  .default({})
  .meta({
    description:
      'Where lines can be sent beside standard output and files, each under a name that `forward` uses. A receiver that is away holds ' +
      'up no service.',
    examples: [{ central: { syslog: { tcp: 'logs.internal:601' } } }],
  });

export type LogSinksFile = z.output<typeof logSinksSchema>;
