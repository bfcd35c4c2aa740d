// The OpenAPI 3.1 document, made from the table of routes and the schemas that requests and answers are checked by. Loaded, with zod,
// when it is asked for.
import type { ZodType } from 'zod';
import { PROBLEMS, type ProblemCode } from '../../wire/problem.ts';
import * as requests from '../../wire/requests.ts';
import { requestSchema, schemaRef, viewSchemas, type JsonSchema } from './openapi-schemas.ts';
import { ROUTE_ANSWERS, type AnswerDescription } from './route-answers.ts';

export type DescribedRoute = {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly access: string;
  readonly exposure?: 'public' | 'private';
  readonly summary: string;
  readonly query: (all: typeof requests) => ZodType;
  readonly body: (all: typeof requests) => ZodType;
};

const OF_ALL: readonly ProblemCode[] = ['bad-request', 'uri-too-long', 'headers-too-large', 'internal-error'];
const OF_PROTECTED: readonly ProblemCode[] = ['not-allowed', 'role-too-low', 'key-required', 'key-refused'];
const OF_READS: readonly ProblemCode[] = ['view-behind'];
const OF_WRITES: readonly ProblemCode[] = [
  'body-too-large',
  'unsupported-media-type',
  'idempotency-key-reused',
];

export function openApiDocument(routes: readonly DescribedRoute[], version: string): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes)
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Bosun',
      version,
      description: 'Control of the services and jobs of one container.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: 'http://localhost', description: 'On the control socket, or a listener of bosun.yaml' }],
    security: [{}, { apiKey: [] }, { mutualTLS: [] }],
    paths,
    components: { schemas: viewSchemas(), securitySchemes: SECURITY, headers: HEADERS },
  };
}

const SECURITY = {
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  mutualTLS: {
    type: 'mutualTLS',
    description:
      "OU of the client's certificate is its role, CN its name. On the control socket the kernel says who asks.",
  },
};

const HEADERS = {
  'Idempotent-Replayed': {
    description: '`true`: the request had been made before with this key, and was not done again',
    schema: { type: 'string', const: 'true' },
  },
};

function operation(route: DescribedRoute): JsonSchema {
  const { answers = [], problems = [] } = ROUTE_ANSWERS[`${route.method} ${route.path}`] ?? {};
  const body = requestSchema(route.body(requests));
  const hasBody = route.method !== 'GET' && Object.keys(body['properties'] ?? body['oneOf'] ?? {}).length > 0;
  return {
    operationId: idOf(route),
    summary: route.summary,
    'x-bosun-role': route.access,
    ...(route.access === 'anyone' || route.exposure === 'public' ? { security: [{}] } : {}),
    parameters: parameters(route),
    ...(hasBody
      ? { requestBody: { required: true, content: { 'application/json': { schema: body } } } }
      : {}),
    responses: { ...responses(route, answers), ...refusals(codesOf(route, problems), answers) },
  };
}

function idOf({ method, path }: DescribedRoute): string {
  const words = path.replace(/^\/v1\//, '').split(/[^a-z]+/i);
  return [method.toLowerCase(), ...words.filter((word) => word !== '')].join('_');
}

function parameters(route: DescribedRoute): readonly JsonSchema[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return [...inPath, ...inQuery(route), ...inHeaders(route)];
}

function inQuery(route: DescribedRoute): readonly JsonSchema[] {
  const own = requestSchema(route.query(requests));
  const fresh = isFreshRead(route) ? requestSchema(requests.freshnessQuery) : {};
  const properties = { ...(fresh['properties'] ?? {}), ...(own['properties'] ?? {}) };
  const required = (own['required'] ?? []) as readonly string[];
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = schema as { description?: string };
    return {
      name,
      in: 'query',
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

function inHeaders({ method, path }: DescribedRoute): readonly JsonSchema[] {
  if (method !== 'GET')
    return [
      {
        name: 'Idempotency-Key',
        in: 'header',
        description: 'The same request with the same key is done once, and answered the same way again',
        schema: { type: 'string', pattern: '^[!-~]{1,200}$' },
      },
    ];
  if (path !== '/v1/events') return [];
  return [
    {
      name: 'Last-Event-ID',
      in: 'header',
      description: 'The id that was seen last; instead of `after`, for a stream',
      schema: { type: 'string', pattern: '^[0-9]{1,15}$' },
    },
  ];
}

function isFreshRead({ method, access }: DescribedRoute): boolean {
  return method === 'GET' && access !== 'anyone';
}

function responses({ method }: DescribedRoute, answers: readonly AnswerDescription[]): JsonSchema {
  const statuses = [...new Set(answers.map(({ status }) => status))];
  return Object.fromEntries(
    statuses.map((status) => {
      const those = answers.filter((answer) => answer.status === status);
      const response = {
        description: those.map(({ summary }) => summary).join('; or: '),
        ...(method === 'GET' ? {} : { headers: REPLAYED }),
        content: Object.fromEntries(those.map((answer) => [answer.content, contentOf(answer)])),
      };
      return [String(status), response];
    }),
  );
}

const REPLAYED = { 'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' } };

/** Streams of texts cannot be described in 3.1: the schema is that of each. */
function contentOf({ content, view }: AnswerDescription): JsonSchema {
  if (view === 'text') return { schema: { type: 'string' } };
  if (view === 'bytes') return {};
  if (view === 'document') return { schema: { type: 'object' } };
  if (content === 'application/json') return { schema: schemaRef(view) };
  return {
    schema: { type: 'string', description: 'One JSON text for each' },
    'x-bosun-each': schemaRef(view),
  };
}

function codesOf(route: DescribedRoute, own: readonly ProblemCode[]): readonly ProblemCode[] {
  const kind = route.method !== 'GET' ? OF_WRITES : isFreshRead(route) ? OF_READS : [];
  return [...new Set([...OF_ALL, ...(route.access === 'anyone' ? [] : OF_PROTECTED), ...kind, ...own])];
}

function refusals(codes: readonly ProblemCode[], answers: readonly AnswerDescription[]): JsonSchema {
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code].status))].toSorted((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => {
      const those = codes.filter((code) => PROBLEMS[code].status === status);
      const also = answers.filter((answer) => answer.status === status);
      const problem = { allOf: [schemaRef('Problem'), { properties: { code: { enum: those } } }] };
      const description = [
        ...also.map(({ summary }) => summary),
        ...those.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`),
      ].join('; ');
      const content = Object.fromEntries(also.map((answer) => [answer.content, contentOf(answer)]));
      return [
        String(status),
        { description, content: { ...content, 'application/problem+json': { schema: problem } } },
      ];
    }),
  );
}
