// The schema of `application`: where the program inside of a service takes settings while it runs. A URL may hold a secret, so it is never
// repeated in a message.
import * as z from 'zod';
import { isIP } from 'node:net';
import { ok, wrong, type Parsed } from './parsed.ts';
import { EVEN_WHEN_PARTS_ARE_WRONG } from './refinement.ts';
import { absolutePath, positiveDuration, scalar, type Meta } from './schema-scalars.ts';
import { parseSecretUrl } from './secret-url.ts';

const LONGEST_TIMEOUT_MS = 10_000;
/** Below the time that a client of the API waits for an answer. */
const LONGEST_RETRY_MS = 25_000;

function parseUrl(value: unknown): Parsed<string> {
  const parsed = parseSecretUrl(value, {
    whole: 'Write the whole URL, such as https://backend:8443/config.',
    user: 'Remove it: the application knows Bosun by the key of key_file.',
  });
  if (parsed.kind !== 'ok') return parsed;
  const { hash, href } = parsed.value;
  return hash === ''
    ? ok(href)
    : wrong('has a fragment, which no server sees', 'Remove what begins with "#".');
}

/** Relative to the directory of the file that says it. */
function pathBeside(meta: Meta) {
  return z.string().min(1).meta(meta);
}

function limited(most: number, text: string, meta: Meta) {
  return positiveDuration(meta).refine((ms) => ms <= most, {
    error: `is longer than ${text}`,
    params: { remedy: `Write ${text} or less.` },
  });
}

export const applicationSchema = z
  .strictObject({
    url: scalar(parseUrl, {
      type: 'string',
      pattern: '^https?://',
      description: 'Where it takes settings.',
      examples: ['https://sut-backend:8443/config'],
    }),
    key_file: pathBeside({
      description:
        'A file with the key that is sent as X-API-Key. It is read each time, so that it may be written later, and replaced.',
      examples: ['/run/keys/api-key'],
    }),
    certificate_authority: pathBeside({
      description: 'A PEM file: the authorities that are trusted; the usual ones if not said.',
      examples: ['/run/tls/ca.pem'],
    }).optional(),
    server_name: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: 'The name that the certificate must have; the host of the URL if not said.',
        examples: ['sut-backend'],
      }),
    socket: absolutePath({
      description: 'A Unix socket to connect to; the host of the URL is only named then.',
      examples: ['/run/app/config.sock'],
    }).optional(),
    plaintext: z
      .boolean()
      .default(false)
      .meta({
        description: 'Send the key over http to another host all the same, for anybody on the way to read.',
        examples: [true],
      }),
    timeout: limited(LONGEST_TIMEOUT_MS, '10s', {
      description: 'How long one attempt may take, at most 10s.',
      examples: ['5s'],
    }).prefault('2s'),
    retry_for: limited(LONGEST_RETRY_MS, '25s', {
      description:
        'How long a request is tried again while the application is away, all attempts together, at most 25s.',
      examples: ['20s'],
    }).prefault('10s'),
  })
  .refine((value) => isSaid(value.plaintext) || !isInTheClear(value), {
    ...EVEN_WHEN_PARTS_ARE_WRONG,
    path: ['url'],
    message: 'would send the key in the clear to another host',
    params: { remedy: 'Write an https URL; or plaintext: true, if nobody else is on the way.' },
  })
  .refine((value) => !isSaid(value.plaintext) || isInTheClear(value), {
    ...EVEN_WHEN_PARTS_ARE_WRONG,
    path: ['plaintext'],
    message: 'has no effect: nothing goes in the clear to another host',
    params: { remedy: 'Remove it.' },
  })
  .refine((value) => isHttps(value.url) || !hasTls(value), {
    ...EVEN_WHEN_PARTS_ARE_WRONG,
    message: 'certificate_authority and server_name have no effect on an http URL',
    params: { remedy: 'Write an https URL, or remove them.' },
  })
  .refine(({ timeout, retry_for }) => timeout <= retry_for, {
    path: ['retry_for'],
    message: 'is shorter than timeout',
    params: { remedy: 'Make it at least as long.' },
  })
  .optional()
  .meta({
    description: 'Where the program takes settings while it runs, for `bosunctl config get|set|watch`.',
    examples: [
      {
        url: 'https://sut-backend:8443/config',
        key_file: '/run/keys/api-key',
        certificate_authority: '/run/tls/ca.pem',
      },
    ],
  });

export type ApplicationFile = z.output<typeof applicationSchema>;

type Parts = {
  readonly url?: unknown;
  readonly socket?: unknown;
  readonly certificate_authority?: unknown;
  readonly server_name?: unknown;
};

function isSaid(plaintext: unknown): boolean {
  return plaintext === true;
}

/** What is no URL has been told. */
function isHttps(url: unknown): boolean {
  return typeof url !== 'string' || url.startsWith('https:');
}

function hasTls(parts: Parts): boolean {
  return parts.certificate_authority !== undefined || parts.server_name !== undefined;
}

function isInTheClear({ url, socket }: Parts): boolean {
  if (isHttps(url) || typeof url !== 'string' || socket !== undefined) return false;
  return !isLoopback(new URL(url).hostname);
}

/** RFC 6761, section 6.3; RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3. A name that only begins so is another host's. */
function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '[::1]') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}
