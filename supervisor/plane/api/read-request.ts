// The border of the API: query and body of a request, checked by the route's schemas. Nothing unchecked gets to a handler.
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { ZodType } from 'zod';
import { readBody, readJson } from './read-body.ts';
import type { Freshness } from './read-your-writes.ts';
import { refuse } from './problem-response.ts';
import { NO_BODY, type Route, type SchemaOf } from './routes.ts';

export type Wrong = { readonly kind: 'wrong'; readonly response: Response };

export type ReadRequest =
  | {
      readonly kind: 'read';
      readonly query: unknown;
      readonly body: unknown;
      /** Of a read that is to see a write. */
      readonly freshness: Freshness | undefined;
    }
  | Wrong;

const LONGEST_URL = 8192;
const MOST_HEADERS = 100;

type Env = { Bindings: HttpBindings };

export async function readRequest(route: Route, c: Context<Env>): Promise<ReadRequest> {
  const text = readQuery(c);
  if (text.kind === 'wrong') return text;
  return route.method === 'GET'
    ? await readRead(route, c, text.value)
    : await readWrite(route, c, text.value);
}

/** What is wrong with a request whatever its route is. */
export function refuseShape(c: Context<Env>): Response | undefined {
  const { url = '', rawHeaders, httpVersion, headers } = c.env.incoming;
  if (url.length > LONGEST_URL)
    return refuse('uri-too-long', `The path and the query have ${url.length} bytes of ${LONGEST_URL}.`);
  if (rawHeaders.length / 2 > MOST_HEADERS)
    return refuse('headers-too-large', `There are ${rawHeaders.length / 2} headers of ${MOST_HEADERS}.`);
  if (headers.host === undefined && httpVersion === '1.1')
    return refuse('bad-request', 'The header Host is missing (RFC 9112, section 3.2).');
  return undefined;
}

async function readRead(route: Route, c: Context<Env>, text: Query): Promise<ReadRequest> {
  const { headers } = c.env.incoming;
  if (Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined)
    return wrong('A read has no body.', ['body: is not taken by this route']);
  const fresh = await readFreshness(text);
  if (fresh.kind === 'wrong') return fresh;
  const query = await check(route.query, 'query', fresh.rest);
  if (query.kind === 'wrong') return query;
  return { kind: 'read', query: query.value, body: {}, freshness: fresh.freshness };
}

async function readWrite(route: Route, c: Context<Env>, text: Query): Promise<ReadRequest> {
  const query = await check(route.query, 'query', text);
  if (query.kind === 'wrong') return query;
  const bytes = await readBody(c.env.incoming);
  if (bytes.kind === 'wrong') return bytes;
  const parsed = readJson(c.env.incoming, bytes.value);
  if (parsed.kind === 'wrong') return parsed;
  const body = await check(route.body, 'body', parsed.value, route.body !== NO_BODY);
  if (body.kind === 'wrong') return body;
  return { kind: 'read', query: query.value, body: body.value, freshness: undefined };
}

type Query = Readonly<Record<string, string>>;

function readQuery(c: Context<Env>): { readonly kind: 'ok'; readonly value: Query } | Wrong {
  const twice = Object.entries(c.req.queries()).find(([, values]) => values.length > 1);
  if (twice !== undefined) {
    const [name] = twice;
    return wrong(`The query has ${name} more than once.`, [`query.${name}: is there more than once`]);
  }
  return { kind: 'ok', value: c.req.query() };
}

type Fresh = { readonly kind: 'ok'; readonly rest: Query; readonly freshness: Freshness | undefined };

/** With `at_least` a `wait` belongs to it. */
async function readFreshness(query: Query): Promise<Fresh | Wrong> {
  if (!('at_least' in query)) return { kind: 'ok', rest: query, freshness: undefined };
  const { at_least, wait, ...rest } = query;
  const asked = { at_least, ...(wait === undefined ? {} : { wait }) };
  const checked = await check((requests) => requests.freshnessQuery, 'query', asked);
  return checked.kind === 'wrong' ? checked : { kind: 'ok', rest, freshness: checked.value as Freshness };
}

type Checked = { readonly kind: 'ok'; readonly value: unknown } | Wrong;

/** Most requests have neither query nor body; then nothing is there to check and no schema is loaded. */
async function check(schemaOf: SchemaOf, what: string, value: unknown, always = false): Promise<Checked> {
  if (!always && isEmpty(value)) return { kind: 'ok', value: {} };
  const schema: ZodType = schemaOf(await import('../../wire/requests.ts'));
  const result = schema.safeParse(value);
  if (result.success) return { kind: 'ok', value: result.data };
  const errors = result.error.issues.map(
    (issue) => `${[what, ...issue.path.map(String)].join('.')}: ${issue.message}`,
  );
  return wrong(`The ${what} is not what this route takes: ${errors.join('; ')}.`, errors);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function wrong(detail: string, errors: readonly string[]): Wrong {
  return { kind: 'wrong', response: refuse('bad-request', detail, { errors }) };
}
