// The schema of a receiver over HTTP, and of one that speaks OTLP. What may hold a secret, a URL or a header, is never repeated in a message.
import * as z from 'zod';
import { ok, wrong, type Parsed } from './parsed.ts';
import { scalar, type Meta } from './schema-scalars.ts';
import { parseSecretUrl } from './secret-url.ts';

/** RFC 9110, section 5.6.2. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z\-]+$/;
/** RFC 9110, section 5.5, and no text that Latin-1 has no byte for. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function parseUrl(value: unknown): Parsed<string> {
  const parsed = parseSecretUrl(value, {
    whole: 'Write the whole URL, such as http://collector:4318/v1/logs.',
    user: 'Write headers: { Authorization: "Basic .." } instead.',
  });
  return parsed.kind === 'ok' ? ok(parsed.value.href) : parsed;
}

export const receiverUrl = (meta: Meta) =>
  scalar(parseUrl, { type: 'string', pattern: '^https?://', ...meta });

function parseHeaderValue(value: unknown): Parsed<string> {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof text !== 'string') return wrong('must be text', 'Write one value.');
  if (HEADER_VALUE.test(text)) return ok(text);
  return wrong(
    'holds a character that no header can hold, such as the end of a line',
    'Remove it; of a variable, see that its value does not end with a new line.',
  );
}

export const receiverHeaders = z
  .record(
    z.string().regex(HEADER_NAME),
    scalar(parseHeaderValue, { type: 'string', description: 'Its value.', examples: ['Bearer ${TOKEN}'] }),
  )
  .default({})
  .meta({
    description: 'Headers of each request. Their values are never shown.',
    examples: [{ Authorization: 'Bearer ${LOG_TOKEN:-}' }],
  });

/** `url`: an example; `description`: what goes there. */
export const otlpSchema = (url: string, description: string) =>
  z
    .strictObject({ url: receiverUrl({ description, examples: [url] }), headers: receiverHeaders })
    .meta({ description: 'A collector of OpenTelemetry, by OTLP over HTTP.', examples: [{ url }] });
