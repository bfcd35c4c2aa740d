// The one table of what the API can do. The server is built from it, docs/reference/api.md is held against it.
// Schemas are loaded when the first request needs one: a control plane that is only watched does not pay for zod.
import type { ZodType } from 'zod';
import type { Role } from '../../core/control-access.ts';
import type * as Requests from '../../wire/requests.ts';
import { changeSettings, readSettings } from './application-handlers.ts';
import { commandMany, commandOne, shutDown, signalOne } from './command-handlers.ts';
import { applyConfiguration, showPlan } from './configuration-handlers.ts';
import type { Handler } from './context.ts';
import { listOrStreamEvents } from './event-handlers.ts';
import { createKey, listKeys, revokeKey, rotateKey } from './key-handlers.ts';
import {
  execInService,
  listJobs,
  runJob,
  showJob,
  showJobOutput,
  signalJob,
  stopJob,
} from './job-handlers.ts';
import { readLogs } from './log-handlers.ts';
import { showMetrics, showReady } from './metrics-handlers.ts';
import { listLogSinks } from './log-sink-handlers.ts';
import { describeApi } from './openapi-handler.ts';
import { upgrade } from './upgrade-handlers.ts';
import { rebuildViews } from './view-handlers.ts';
import { listServices, showAlive, showHealth, showService, showVersion } from './service-handlers.ts';

export type SchemaOf = (requests: typeof Requests) => ZodType;

export type Route = {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** `{name}` stands for one segment. */
  readonly path: string;
  /** The least role that may; `anyone` who can connect. */
  readonly access: 'anyone' | Role;
  /** `public`: also on a listener that shows health and metrics only, to anyone. `private` when it is not said. */
  readonly exposure?: 'public' | 'private';
  readonly summary: string;
  readonly query: SchemaOf;
  readonly body: SchemaOf;
  readonly handler: Handler;
};

const NO_QUERY: SchemaOf = (requests) => requests.noQuery;
/** Where nothing may be sent. */
export const NO_BODY: SchemaOf = (requests) => requests.emptyBody;
const WAIT: SchemaOf = (requests) => requests.waitQuery;

export const ROUTES: readonly Route[] = [
  {
    ...read('/healthz', 'Whether the control plane answers', showAlive),
    access: 'anyone',
    exposure: 'public',
  },
  {
    ...read('/readyz', 'Whether the main and all essential services are ready; 503 when not', showReady),
    access: 'anyone',
    exposure: 'public',
  },
  {
    ...read('/metrics', 'The metrics, for Prometheus', showMetrics),
    query: (requests) => requests.metricsQuery,
    exposure: 'public',
  },
  read(
    '/v1/openapi.json',
    'This API, as OpenAPI 3.1',
    describeApi(() => ROUTES),
  ),
  read('/v1/version', 'Versions and the pid of Bosun', showVersion),
  {
    ...read('/v1/health', 'Whether every wanted service is ready; 503 when not', showHealth),
    exposure: 'public',
  },
  read('/v1/services', 'All services', listServices),
  read('/v1/services/{name}', 'One service', showService),
  {
    ...read('/v1/services/{name}/logs', 'Its log lines, as NDJSON or server-sent events', readLogs),
    query: (requests) => requests.logsQuery,
  },
  {
    ...read('/v1/logs', 'The log lines of several services, merged by time', readLogs),
    query: (requests) => requests.manyLogsQuery,
  },
  read('/v1/logs/sinks', 'The remote sinks of the logs, and what waits for them', listLogSinks),
  {
    ...read('/v1/events', 'Events after a cursor, as a list or as server-sent events', listOrStreamEvents),
    query: (requests) => requests.eventsQuery,
  },
  write('/v1/services/{name}/start', 'Start it, and what it needs', commandOne('start')),
  write('/v1/services/{name}/stop', 'Stop it, what needs it first', commandOne('stop')),
  write('/v1/services/{name}/restart', 'End its run and start another', commandOne('restart')),
  write('/v1/services/{name}/reload', 'Have it read its configuration again', commandOne('reload')),
  {
    ...write('/v1/services/{name}/signal', 'Send a signal to its main process', signalOne),
    query: NO_QUERY,
    body: (requests) => requests.signalBody,
  },
  {
    ...write('/v1/commands', 'One command for several services, for all of them or none', commandMany),
    body: (requests) => requests.commandBody,
  },
  read('/v1/jobs', 'All jobs that live, and the newest that have ended', listJobs),
  {
    ...write('/v1/jobs', 'Run a command, once', runJob),
    query: NO_QUERY,
    body: (requests) => requests.jobBody,
  },
  read('/v1/jobs/{id}', 'One job', showJob),
  {
    ...read(
      '/v1/jobs/{id}/output',
      'Its output from the first byte on, as frames or as one stream',
      showJobOutput,
    ),
    query: (requests) => requests.jobOutputQuery,
  },
  write('/v1/jobs/{id}/stop', 'Stop it: SIGINT, SIGTERM, SIGKILL, with an interval in between', stopJob),
  {
    ...write('/v1/jobs/{id}/signal', 'Send a signal to its main process', signalJob),
    query: NO_QUERY,
    body: (requests) => requests.signalBody,
  },
  {
    ...write(
      '/v1/services/{name}/exec',
      'Run a command in its context, attached by an upgrade',
      execInService,
    ),
    query: NO_QUERY,
    body: (requests) => requests.execBody,
  },
  read(
    '/v1/services/{name}/application',
    'The settings of the application inside, or a stream of what becomes of them',
    readSettings,
  ),
  {
    ...write('/v1/services/{name}/application', 'Change settings of it, all of them or none', changeSettings),
    method: 'PATCH',
    query: NO_QUERY,
    body: (requests) => requests.settingsBody,
  },
  read('/v1/plan', 'What the configuration as it is in the files now would change', showPlan),
  {
    ...write('/v1/apply', 'Apply it: only what differs is restarted, in order', applyConfiguration),
    access: 'admin',
  },
  {
    ...write(
      '/v1/views/rebuild',
      'Rebuild the views from the journal, and tell what was different',
      rebuildViews,
    ),
    query: NO_QUERY,
    access: 'admin',
  },
  { ...read('/v1/keys', 'The API keys, without their secrets', listKeys), access: 'admin' },
  {
    ...write('/v1/keys', 'Make an API key; it is in the answer, once', createKey),
    query: NO_QUERY,
    body: (requests) => requests.keyBody,
    access: 'admin',
  },
  {
    ...write(
      '/v1/keys/{id}/rotate',
      'Make another in its place; the old one ends at once, or later',
      rotateKey,
    ),
    query: (requests) => requests.rotateQuery,
    access: 'admin',
  },
  {
    ...write('/v1/keys/{id}/revoke', 'End an API key', revokeKey),
    query: NO_QUERY,
    access: 'admin',
  },
  {
    ...write(
      '/v1/upgrade',
      'Put the program that is on the disk in the place of this one; every service goes on',
      upgrade,
    ),
    access: 'admin',
  },
  {
    ...write('/v1/shutdown', 'Stop everything in reverse order, then the container', shutDown),
    query: NO_QUERY,
    access: 'admin',
  },
];

function read(path: string, summary: string, handler: Handler): Route {
  return { method: 'GET', path, access: 'observe', summary, query: NO_QUERY, body: NO_BODY, handler };
}

function write(path: string, summary: string, handler: Handler): Route {
  return { method: 'POST', path, access: 'control', summary, query: WAIT, body: NO_BODY, handler };
}
