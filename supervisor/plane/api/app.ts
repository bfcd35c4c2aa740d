// The route table as a Hono application: access first, then the request's parts, then the handler. Every failure becomes a
// problem document; none reaches the thread.
import type { HttpBindings } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import type { AccessControl } from './access.ts';
import type { ApiContext } from './context.ts';
import { problemResponse, refuse } from './problem-response.ts';
import { createProblem } from '../../wire/problem.ts';
import { readRequest } from './read-request.ts';
import { ROUTES, type Route } from './routes.ts';

type Env = { Bindings: HttpBindings };
export type GoneSignals = (c: Context<Env>) => AbortSignal;

export type AppParts = {
  readonly context: ApiContext;
  readonly access: AccessControl;
  readonly gone: GoneSignals;
};

export function createApp(parts: AppParts): Hono<Env> {
  const app = new Hono<Env>();
  for (const route of ROUTES) app.on(route.method, honoPath(route.path), (c) => serveRoute(parts, route, c));
  for (const path of new Set(ROUTES.map((route) => route.path))) {
    app.all(honoPath(path), (c) => refuseMethod(path, c.req.method));
  }
  app.notFound((c) => refuse('route-not-found', `There is no route ${c.req.path}.`));
  app.onError((error, c) => {
    parts.context.log({
      level: 'error',
      text: `request ${c.req.method} ${c.req.path} failed: ${error.message}`,
    });
    return refuse('internal-error', 'The request failed in the control plane.');
  });
  return app;
}

/** Hono writes `:name` where the table, like OpenAPI, writes `{name}`. */
function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

async function serveRoute(parts: AppParts, route: Route, c: Context<Env>): Promise<Response> {
  const { context, access, gone } = parts;
  const { incoming, outgoing } = c.env;
  const allowed = route.access === 'anyone' ? ANYONE : access.check(incoming.socket);
  if (allowed.kind === 'refused') return refuseAccess(context, route, allowed.who);
  const read = await readRequest(route, c);
  if (read.kind === 'wrong') return read.response;
  const { query, body } = read;
  return await route.handler(context, {
    params: c.req.param(),
    query,
    body,
    actor: allowed.actor,
    role: allowed.role,
    gone: gone(c),
    incoming,
    outgoing,
  });
}

const ANYONE = { kind: 'allowed', actor: 'anyone', role: 'observe' } as const;

function refuseAccess(context: ApiContext, route: Route, who: string): Response {
  const text = `refused ${route.method} ${route.path} to ${who}: only root and Bosun's own user may`;
  context.log({ level: 'warn', text, fields: { code: 'not-allowed' } });
  return refuse('not-allowed', `Only root and Bosun's own user may use this socket; you are ${who}.`);
}

function refuseMethod(path: string, method: string): Response {
  const allow = ROUTES.filter((route) => route.path === path).map((route) => route.method);
  const problem = createProblem('method-not-allowed', `${path} takes ${allow.join(', ')}, not ${method}.`);
  return problemResponse(problem, { allow: allow.join(', ') });
}
