// The route table as a Hono application: access first, then the request's parts, then the handler. Every failure becomes a
// problem document; none reaches the thread.
import type { HttpBindings } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import type { Gate, Principal } from '../access/gate.ts';
import type { Refusals } from '../access/refusals.ts';
import { withRole } from '../access/role-check.ts';
import { newIdentity, type CommandIdentity } from '../commands/command-identity.ts';
import type { ApiContext, Handler } from './context.ts';
import { problemResponse, refuse } from './problem-response.ts';
import { createProblem } from '../../wire/problem.ts';
import { IdempotentWrites } from './idempotent-write.ts';
import { awaitView } from './read-your-writes.ts';
import { readRequest, refuseShape } from './read-request.ts';
import { ROUTES, type Route } from './routes.ts';

type Env = { Bindings: HttpBindings };
export type GoneSignals = (c: Context<Env>) => AbortSignal;

export type AppParts = {
  readonly context: ApiContext;
  readonly refusals: Refusals;
  /** Of the transport that the request came by; undefined when its connection is gone. */
  readonly gate: (c: Context<Env>) => Gate | undefined;
  readonly gone: GoneSignals;
};

type Served = AppParts & { readonly writes: IdempotentWrites };

export function createApp(parts: AppParts): Hono<Env> {
  const app = new Hono<Env>();
  const served = { ...parts, writes: new IdempotentWrites(parts.context) };
  app.use(async (c, next) => {
    const refusal = refuseShape(c);
    if (refusal !== undefined) return counted(parts, c, refusal);
    await next();
    return undefined;
  });
  for (const route of ROUTES)
    app.on(route.method, honoPath(route.path), (c) =>
      countAnswer(served, route, () => serveRoute(served, route, c)),
    );
  for (const path of new Set(ROUTES.map((route) => route.path))) {
    app.all(honoPath(path), (c) => counted(parts, c, refuseMethod(path, c.req.method)));
  }
  app.notFound((c) => counted(parts, c, refuse('route-not-found', `There is no route ${c.req.path}.`)));
  app.onError((error, c) => {
    parts.context.log({
      level: 'error',
      text: `request ${c.req.method} ${c.req.path} failed: ${error.message}`,
    });
    return refuse('internal-error', 'The request failed in the control plane.');
  });
  return app;
}

/** One that is no route of ours. */
function counted({ context }: AppParts, c: Context<Env>, answer: Response): Response {
  context.metrics.requests.count(c.req.method, undefined, answer.status);
  return answer;
}

/** A failure becomes a 500 further out. */
async function countAnswer(
  { context }: AppParts,
  { method, path }: Route,
  serve: () => Promise<Response>,
): Promise<Response> {
  let status = 500;
  try {
    const answer = await serve();
    ({ status } = answer);
    return answer;
  } finally {
    context.metrics.requests.count(method, path, status);
  }
}

/** Hono writes `:name` where the table, like OpenAPI, writes `{name}`. */
function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

async function serveRoute(served: Served, route: Route, c: Context<Env>): Promise<Response> {
  const { context } = served;
  const { incoming, outgoing } = c.env;
  const entry = enter(served, route, c);
  if (entry instanceof Response) return entry;
  const read = await readRequest(route, c);
  if (read.kind === 'wrong') return read.response;
  const gone = served.gone(c);
  const { query, body, freshness } = read;
  const late = freshness && (await awaitView(context.view, freshness, gone));
  if (late !== undefined) return late;
  const { actor, role } = entry;
  const handle = (identity: CommandIdentity): ReturnType<Handler> =>
    route.handler(context, {
      params: c.req.param(),
      query,
      body,
      actor,
      role,
      identity,
      gone,
      incoming,
      outgoing,
    });
  if (route.method === 'GET') return await handle(newIdentity(context.view.events.lastId));
  const { method, path } = c.req;
  const key = c.req.header('idempotency-key');
  return await served.writes.once({ method, path, query, body, actor, key, gone }, handle);
}

const ANYONE = { actor: 'anyone', role: 'observe' } as const;

/** Who asks, if they may; every refusal is told. */
function enter(parts: AppParts, route: Route, c: Context<Env>): Pick<Principal, 'actor' | 'role'> | Response {
  if (route.access === 'anyone') return ANYONE;
  const gate = parts.gate(c);
  if (gate === undefined) return refuse('internal-error', 'The connection is gone.');
  const { exposure = 'private' } = route;
  const admission = withRole(gate.admit(c.env.incoming, { exposure }), route.access);
  if (admission.kind === 'admitted') return admission.principal;
  const { code, detail, next, peer, actor, reason } = admission.refusal;
  const action = `${c.req.method} ${c.req.path}`;
  parts.refusals.tell({ transport: gate.transport, peer, actor, action, reason });
  const problem = { ...createProblem(code, detail), ...(next === undefined ? {} : { next }) };
  // RFC 9110, section 15.5.2.
  return problemResponse(problem, problem.status === 401 ? { 'www-authenticate': 'ApiKey' } : {});
}

function refuseMethod(path: string, method: string): Response {
  const methods = ROUTES.filter((route) => route.path === path).map((route) => route.method);
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
  if (method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow: allow.join(', ') } });
  const problem = createProblem('method-not-allowed', `${path} takes ${allow.join(', ')}, not ${method}.`);
  return problemResponse(problem, { allow: allow.join(', ') });
}
