// The border of the API: query and body of a request, checked by the route's schemas. Nothing unchecked gets to a handler.
import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { ZodType } from 'zod';
import type { Route, SchemaOf } from './routes.ts';
import { refuse } from './problem-response.ts';

export type ReadRequest =
  | { readonly kind: 'read'; readonly query: unknown; readonly body: unknown }
  | { readonly kind: 'wrong'; readonly response: Response };

const MOST_BODY_BYTES = 65_536;

export async function readRequest(
  route: Route,
  c: Context<{ Bindings: HttpBindings }>,
): Promise<ReadRequest> {
  const query = await check(route.query, 'query', c.req.query());
  if (query.kind === 'wrong') return query;
  if (route.method === 'GET') return { kind: 'read', query: query.value, body: {} };
  const text = await readBody(c.env.incoming);
  if (text === undefined) return { kind: 'wrong', response: refuseBody() };
  const parsed = parseJson(text);
  if (parsed.kind === 'wrong') return parsed;
  const body = await check(route.body, 'body', parsed.value, needsBody(route));
  return body.kind === 'wrong' ? body : { kind: 'read', query: query.value, body: body.value };
}

/** Undefined when it is larger than it may be; no more than that is ever held. */
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  if (Number(incoming.headers['content-length'] ?? 0) > MOST_BODY_BYTES) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    const bytes = chunk as Buffer;
    length += bytes.length;
    if (length > MOST_BODY_BYTES) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}

function refuseBody(): Response {
  return refuse('body-too-large', `A body may have at most ${MOST_BODY_BYTES} bytes.`);
}

type Checked = { readonly kind: 'ok'; readonly value: unknown } | Extract<ReadRequest, { kind: 'wrong' }>;

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

function needsBody(route: Route): boolean {
  return route.path.endsWith('/signal') || route.path === '/v1/commands';
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function parseJson(text: string): Checked {
  if (text.trim() === '') return { kind: 'ok', value: {} };
  try {
    const value: unknown = JSON.parse(text);
    return { kind: 'ok', value };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'not JSON';
    return wrong('The body is not JSON.', [`body: ${why}`]);
  }
}

function wrong(detail: string, errors: readonly string[]): Extract<ReadRequest, { kind: 'wrong' }> {
  return { kind: 'wrong', response: refuse('bad-request', detail, { errors }) };
}
