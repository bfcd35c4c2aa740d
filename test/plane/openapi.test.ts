// The OpenAPI document: valid, complete, and what the server really does.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { openApiDocument } from '../../supervisor/plane/api/openapi.ts';
import { VIEWS, type ViewName } from '../../supervisor/plane/api/openapi-views.ts';
import { ROUTE_ANSWERS } from '../../supervisor/plane/api/route-answers.ts';
import { ROUTES } from '../../supervisor/plane/api/routes.ts';
import { PROBLEMS } from '../../supervisor/wire/problem.ts';
import { comesUp, failsWith, name, service } from './support/fleet-fixture.ts';
import { call, open, readUntil, type HttpAnswer, type HttpOptions } from './support/http.ts';
import { PlaneRig } from './support/plane-rig.ts';

type Operation = {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, object>> }>>;
};
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
};

let rig: PlaneRig;

before(async () => {
  rig = await PlaneRig.start({
    services: [service('consul'), service('caddy'), service('nomad')],
    history: [
      ...comesUp('caddy', 1),
      ...comesUp('consul', 2),
      ...failsWith('consul', 2, 3, 60_000),
      { type: 'skipped', service: name('nomad'), reason: 'no nomad in PATH' },
    ],
    engine: (command) => ({
      kind: 'accepted',
      services: 'services' in command ? command.services : [],
    }),
  });
  rig.write({ caddy: 'command: [sleep, "1"]\n', consul: 'command: [sleep, "2"]\n' });
});
after(async () => {
  await rig[Symbol.asyncDispose]();
});

function document(): Document {
  return openApiDocument(ROUTES, 'test') as unknown as Document;
}

test('a validator accepts the document', async () => {
  const served = await call(rig.socketPath, '/v1/openapi.json');
  const result = await new Validator().validate(served.json);
  assert.ok(result.valid, JSON.stringify('errors' in result ? result.errors : undefined, undefined, 1));
  assert.deepEqual(Object.keys(served.json['paths'] as object), Object.keys(document().paths));
});

test('it has every route and no other, each with its answers and with operation ids of its own', () => {
  const { paths } = document();
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      key: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );
  const routes = ROUTES.map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(operations.map(({ key }) => key).toSorted(), routes.toSorted());
  assert.deepEqual(
    Object.keys(ROUTE_ANSWERS).toSorted(),
    routes.toSorted(),
    'route-answers.ts describes each route and no other',
  );
  assert.equal(new Set(operations.map(({ operation }) => operation.operationId)).size, routes.length);
  for (const { key, operation } of operations) {
    assert.ok(
      Object.keys(operation.responses).some((status) => /^2|^101/.test(status)),
      key,
    );
    const inPath = [...key.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const described = operation.parameters.filter((parameter) => parameter.in === 'path');
    assert.deepEqual(
      described.map((parameter) => parameter.name),
      inPath,
      key,
    );
    const hasKey = operation.parameters.some((parameter) => parameter.name === 'Idempotency-Key');
    assert.equal(hasKey, !key.startsWith('GET'), key);
  }
});

test('every view and every reference is there', () => {
  const text = JSON.stringify(document());
  const { schemas } = document().components;
  for (const [, wanted = ''] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g))
    assert.ok(wanted in schemas, wanted);
  assert.deepEqual(Object.keys(schemas), Object.keys(VIEWS));
});

const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';

/** What is sent to each route. */
const PARTS: Readonly<Record<string, HttpOptions>> = {
  'POST /v1/services/{name}/signal': { body: '{"signal":"HUP"}' },
  'POST /v1/jobs/{id}/signal': { body: '{"signal":"HUP"}' },
  'POST /v1/services/{name}/exec': { body: '{"command":["true"]}' },
  'POST /v1/jobs': { body: '{"command":["true"],"input":"stream"}' },
  'POST /v1/commands': { body: '{"verb":"start","services":["caddy"]}' },
  'PATCH /v1/services/{name}/application': { body: '{"values":{"pool.size":8}}' },
  'POST /v1/keys': { body: '{"name":"test","role":"observe"}' },
};

function pathOf(path: string, replaced: string): string {
  return path.replaceAll(/\{\w+\}/g, replaced);
}

/** As the document says it: the status is there, with this type, and the body is what its view says. */
function assertDescribed(route: string, answer: HttpAnswer): void {
  const [method = '', path = ''] = route.split(' ');
  const described = document().paths[path]?.[method.toLowerCase()]?.responses[String(answer.status)];
  assert.ok(described, `${route} answers ${answer.status}: ${answer.text}`);
  const type = (answer.headers['content-type'] ?? '').replace(/;.*/, '');
  assert.ok(type in described.content, `${route} answers ${answer.status} as ${type}`);
  if (type === PROBLEM_TYPE) assertRefusal(route, answer, described.content[type]);
  else assertView(route, type, answer);
}

function assertRefusal(route: string, { status, json }: HttpAnswer, content: object | undefined): void {
  const { code } = VIEWS.Problem.parse(json);
  assert.ok(
    JSON.stringify(content).includes(`"${code}"`),
    `${route} refuses with ${code}, which is not described`,
  );
  assert.equal(PROBLEMS[code].status, status);
}

function assertView(route: string, type: string, { status, json, text }: HttpAnswer): void {
  const view = ROUTE_ANSWERS[route]?.answers.find(
    (answer) => answer.status === status && answer.content === type,
  )?.view;
  if (view === undefined || view === 'text' || view === 'document' || view === 'bytes') return;
  if (type === JSON_TYPE) VIEWS[view].parse(json);
  else for (const line of text.split('\n')) if (line !== '') VIEWS[view].parse(JSON.parse(line));
}

/** Of these only the refusals: there is no job, and nothing to attach to or to ask for settings. */
const REFUSED = /\/keys\/|\/jobs\/|\/exec$|\/application$|^POST \/v1\/jobs$/;

for (const { method, path } of ROUTES) {
  const route = `${method} ${path}`;
  const options = PARTS[route] ?? {};
  test(`${route} answers as it is described`, async () => {
    const good = await call(rig.socketPath, pathOf(path, 'caddy'), { method, ...options });
    assertDescribed(route, good);
    if (!REFUSED.test(route)) assert.ok(good.status < 400 || path === '/v1/health', good.text);
    if (path.includes('{')) {
      const unknown = await call(rig.socketPath, pathOf(path, 'no-such'), { method, ...options });
      assertDescribed(route, unknown);
    }
    if (path !== '/healthz')
      assertDescribed(
        route,
        await call(rig.socketPath, `${pathOf(path, 'caddy')}?x=1`, { method, ...options }),
      );
    if (method !== 'GET') {
      for (const wrong of ['{', '{"unknown":1}', '[]'])
        assertDescribed(route, await call(rig.socketPath, pathOf(path, 'caddy'), { method, body: wrong }));
      const headers = { 'content-type': 'text/plain' };
      const typed = await call(rig.socketPath, pathOf(path, 'caddy'), { method, headers, body: 'x' });
      assert.equal(typed.json['code'], 'unsupported-media-type');
      assertDescribed(route, typed);
    }
  });
}

test('what is waited for, a list of events and a stream are as they are described', async () => {
  const waited = await call(rig.socketPath, '/v1/services/caddy/start?wait=1s', { method: 'POST' });
  assertDescribed('POST /v1/services/{name}/start', waited);
  assert.equal(waited.status, 200);
  const late = await call(rig.socketPath, '/v1/services/caddy/restart?wait=1ms', { method: 'POST' });
  assertDescribed('POST /v1/services/{name}/restart', late);
  assert.equal(late.status, 504);
  const stream = await open(rig.socketPath, '/v1/events?after=0', {
    headers: { accept: 'text/event-stream' },
  });
  assert.equal(stream.headers['content-type'], 'text/event-stream');
  const text = await readUntil(stream, (all) => all.split('\n\n').length > 5);
  const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) =>
    VIEWS.Event.parse(JSON.parse(data)),
  );
  assert.ok(events.length > 2);
});

/** Of other events of a stream than those that its answer names. */
const BESIDE: readonly ViewName[] = ['Gap', 'LogGap', 'ApplicationAway', 'ApplicationBack'];

test('views are used, each by an answer or in another view', () => {
  const used = JSON.stringify(document().paths) + JSON.stringify(document().components.schemas);
  const unused = (Object.keys(VIEWS) as ViewName[]).filter(
    (view) => !BESIDE.includes(view) && !used.includes(`schemas/${view}"`),
  );
  assert.deepEqual(unused, []);
});
