// The schema of `listeners:` in bosun.yaml: where Bosun listens besides its control socket, and how those who connect say who they
// are.
import * as z from 'zod';
import { isIP } from 'node:net';
import { ok, quote, wrong, type Parsed } from './parsed.ts';
import { exactlyOneOf } from './refinement.ts';
import { scalar, type Meta } from './schema-scalars.ts';

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*$/i;

/** Relative to the directory of bosun.yaml. */
function pemPath(meta: Meta) {
  return z.string().min(1).meta(meta);
}

function parseAddress(value: unknown): Parsed<string> {
  const remedy =
    'Write an IP address: 127.0.0.1 for this container alone, 0.0.0.0 or "::" for all interfaces.';
  if (typeof value === 'string' && isIP(value) !== 0) return ok(value);
  return wrong(`${quote(value)} is not an IP address`, remedy);
}

const onlyTrue = (meta: Meta) =>
  z
    .boolean()
    .refine((value) => value, {
      message: 'can only be true',
      params: { remedy: 'Write true, or remove it.' },
    })
    .meta(meta);

const tls = z
  .strictObject({
    certificate: pemPath({
      description: "A PEM file: the server's certificate, and after it those between it and its authority.",
      examples: ['tls/server.crt'],
    }),
    key: pemPath({ description: 'A PEM file: its private key.', examples: ['tls/server.key'] }),
  })
  .meta({
    description:
      'TLS 1.3, with this certificate. The files are read again when they change. A path that is not absolute is relative to the directory of bosun.yaml.',
    examples: [{ certificate: 'tls/server.crt', key: 'tls/server.key' }],
  });

const clients = z
  .strictObject({
    certificate_authority: pemPath({
      description: "A PEM file: the authorities that sign the clients' certificates.",
      examples: ['tls/ca.crt'],
    }),
    revocation_lists: z
      .array(z.string().min(1))
      .default([])
      .meta({
        description:
          'PEM files with revocation lists (RFC 5280). With one there must be one of each authority of a chain, and none that has expired.',
        examples: [['tls/ca.crl']],
      }),
    deny: z
      .array(z.string().min(1))
      .default([])
      .meta({
        description: 'Common names, and serial numbers in hexadecimal, that are refused.',
        examples: [['alice', '1F:2B:03']],
      }),
  })
  .meta({
    description:
      'Mutual TLS: a client shows a certificate, whose OU is its role (`observe`, `control` or `admin`) and whose CN is its name.',
    examples: [{ certificate_authority: 'tls/ca.crt' }],
  });

const listener = exactlyOneOf(
  z.strictObject({
    address: scalar(parseAddress, {
      type: 'string',
      description: 'The IP address that it listens on.',
      examples: ['0.0.0.0'],
      default: '127.0.0.1',
    }).prefault('127.0.0.1'),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .meta({ description: 'Its port.', examples: [9443] }),
    hosts: z
      .array(z.string().regex(HOST_NAME))
      .default([])
      .meta({
        description:
          'Names that clients may use for it, besides addresses, `localhost` and the names in its certificate. Others are refused.',
        examples: [['bosun.example.com']],
      }),
    tls: tls.optional(),
    clients: clients.optional(),
    api_keys: onlyTrue({
      description: 'A client shows an API key, as the header X-API-Key.',
      examples: [true],
    }).optional(),
    read_only: onlyTrue({
      description: 'Shows health and metrics only, to anyone who can connect.',
      examples: [true],
    }).optional(),
  }),
  ['clients', 'api_keys', 'read_only'],
  'Keep clients for certificates, api_keys for keys, read_only for health and metrics to anyone.',
);

export const listenersSchema = z
  .record(z.string(), listener)
  .default({})
  .meta({
    description:
      'Where Bosun listens for HTTP besides its control socket, each under a name that you choose and that events use.',
    examples: [{ metrics: { address: '0.0.0.0', port: 9100, read_only: true } }],
  });

export type ListenersFile = z.output<typeof listenersSchema>;
export type ListenerFile = ListenersFile[string];
