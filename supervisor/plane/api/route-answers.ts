// What each route answers with, and what it may refuse with besides what every route of its kind does: for the OpenAPI document,
// which a test holds against the table of routes and against real answers.
import { FRAMES_TYPE } from '../jobs/output-reading.ts';
import type { ProblemCode } from '../../wire/problem.ts';
import type { ViewName } from './openapi-views.ts';

export type AnswerDescription = {
  readonly status: number;
  readonly summary: string;
  readonly content: string;
  /** Of one JSON text, or of each line or event; the rest has none. */
  readonly view: ViewName | 'text' | 'bytes' | 'document';
};

type RouteAnswers = {
  readonly answers: readonly AnswerDescription[];
  readonly problems: readonly ProblemCode[];
};

const JSON_TYPE = 'application/json';

/** As an OpenAPI document sees it, an upgrade has no body. */
const ATTACHED: AnswerDescription = {
  status: 101,
  summary: 'The connection is the streams of the job, in frames',
  content: FRAMES_TYPE,
  view: 'bytes',
};
const RUNS_A_JOB: readonly ProblemCode[] = [
  'job-refused',
  'job-not-started',
  'job-not-found',
  'too-many-jobs',
  'engine-timeout',
  'shutting-down',
];

const LOG_LINES: readonly AnswerDescription[] = [
  { status: 200, summary: 'Lines, oldest first', content: 'application/x-ndjson', view: 'LogLine' },
  { status: 200, summary: 'A stream', content: 'text/event-stream', view: 'LogLine' },
];

const OF_APPLICATIONS: readonly ProblemCode[] = [
  'application-not-configured',
  'application-file-unusable',
  'application-unreachable',
  'application-untrusted',
  'application-refused-key',
  'application-answer-invalid',
];

/** By method and path. */
export const ROUTE_ANSWERS: Readonly<Record<string, RouteAnswers>> = {
  'GET /healthz': gives([{ status: 200, summary: 'It answers', content: 'text/plain', view: 'text' }]),
  'GET /readyz': gives([
    { status: 200, summary: 'They are ready', content: 'text/plain', view: 'text' },
    { status: 503, summary: 'Not all of them are; which, in words', content: 'text/plain', view: 'text' },
  ]),
  'GET /metrics': gives([
    { status: 200, summary: "In Prometheus's text format", content: 'text/plain', view: 'text' },
    { status: 200, summary: 'As OpenMetrics', content: 'application/openmetrics-text', view: 'text' },
  ]),
  'GET /v1/openapi.json': gives([ok('document', 'This document')]),
  'GET /v1/version': gives([ok('Version', 'Versions')]),
  'GET /v1/health': gives([
    ok('Health', 'Every wanted service is ready'),
    { status: 503, summary: 'Not every wanted service is ready', content: JSON_TYPE, view: 'Health' },
  ]),
  'GET /v1/services': gives([ok('Services', 'All services')]),
  'GET /v1/services/{name}': gives([ok('Service', 'One service')], ['service-not-found']),
  'GET /v1/services/{name}/logs': gives(LOG_LINES, ['service-not-found', 'too-many-streams']),
  'GET /v1/logs': gives(LOG_LINES, ['service-not-found', 'too-many-streams']),
  'GET /v1/logs/sinks': gives([ok('LogSinks', 'All remote sinks')]),
  'GET /v1/events': gives(
    [
      ok('Events', 'A list'),
      { status: 200, summary: 'A stream', content: 'text/event-stream', view: 'Event' },
    ],
    ['service-not-found', 'too-many-streams'],
  ),
  'POST /v1/services/{name}/start': command(['service-not-found', 'service-skipped']),
  'POST /v1/services/{name}/stop': command(['service-not-found']),
  'POST /v1/services/{name}/restart': command(['service-not-found', 'service-skipped']),
  'POST /v1/services/{name}/reload': command([
    'service-not-found',
    'service-not-running',
    'reload-not-supported',
  ]),
  'POST /v1/services/{name}/signal': gives(
    [accepted('Command')],
    ['service-not-found', 'service-not-running', 'engine-timeout', 'shutting-down'],
  ),
  'POST /v1/commands': command([
    'service-not-found',
    'service-skipped',
    'service-not-running',
    'reload-not-supported',
  ]),
  'GET /v1/jobs': gives([ok('Jobs', 'Jobs, oldest first')]),
  'POST /v1/jobs': gives(
    [{ status: 201, summary: 'It has a process', content: JSON_TYPE, view: 'Job' }, ATTACHED],
    [...RUNS_A_JOB, 'upgrade-required'],
  ),
  'GET /v1/jobs/{id}': gives([ok('Job', 'One job')], ['job-not-found']),
  'GET /v1/jobs/{id}/output': gives(
    [
      { status: 200, summary: 'Frames of both streams', content: FRAMES_TYPE, view: 'bytes' },
      { status: 200, summary: 'One stream', content: 'application/octet-stream', view: 'bytes' },
    ],
    ['job-not-found', 'job-output-gone'],
  ),
  'POST /v1/jobs/{id}/stop': gives(
    [accepted('Job'), ok('Job', 'It has ended, with `wait`')],
    ['job-not-found', 'wait-timeout', 'engine-timeout', 'shutting-down'],
  ),
  'POST /v1/jobs/{id}/signal': gives(
    [accepted('Job')],
    ['job-not-found', 'job-not-running', 'engine-timeout', 'shutting-down'],
  ),
  'POST /v1/services/{name}/exec': gives(
    [ATTACHED],
    [...RUNS_A_JOB, 'service-not-found', 'upgrade-required'],
  ),
  'GET /v1/services/{name}/application': gives(
    [
      ok('Application', 'All settings'),
      {
        status: 200,
        summary:
          'A stream: `values` (or `reset`) with all of them, `change` with those that differ, `away` and `back`',
        content: 'text/event-stream',
        view: 'ApplicationChange',
      },
    ],
    ['service-not-found', 'too-many-streams', ...OF_APPLICATIONS],
  ),
  'PATCH /v1/services/{name}/application': gives(
    [ok('ApplicationChanged', 'They are changed')],
    ['service-not-found', 'application-refused-value', ...OF_APPLICATIONS],
  ),
  'GET /v1/plan': gives([ok('Plan', 'What would change')], ['configuration-refused']),
  'POST /v1/apply': gives(
    [accepted('Apply'), ok('Apply', 'Everything that changed is up')],
    ['configuration-refused', 'outcome-failed', 'wait-timeout', 'engine-timeout', 'shutting-down'],
  ),
  'POST /v1/shutdown': gives([accepted('Command')], ['engine-timeout', 'shutting-down']),
  'POST /v1/upgrade': gives(
    [{ status: 202, summary: 'It is done now; an event tells of it', content: JSON_TYPE, view: 'Upgrade' }],
    ['upgrade-blocked', 'upgrade-refused', 'engine-timeout'],
  ),
  'POST /v1/views/rebuild': gives([ok('Rebuild', 'What was different')], ['journal-unavailable']),
  'GET /v1/keys': gives([ok('Keys', 'All keys')], ['keys-unavailable']),
  'POST /v1/keys': gives(
    [{ status: 201, summary: 'The key, once', content: JSON_TYPE, view: 'NewKey' }],
    ['too-many-keys', 'keys-unavailable'],
  ),
  'POST /v1/keys/{id}/rotate': gives(
    [ok('NewKey', 'Its successor, once')],
    ['key-not-found', 'too-many-keys', 'keys-unavailable'],
  ),
  'POST /v1/keys/{id}/revoke': gives(
    [ok('Key', 'The key that has ended')],
    ['key-not-found', 'keys-unavailable'],
  ),
};

function gives(answers: readonly AnswerDescription[], problems: readonly ProblemCode[] = []): RouteAnswers {
  return { answers, problems };
}

function ok(view: AnswerDescription['view'], summary: string): AnswerDescription {
  return { status: 200, summary, content: JSON_TYPE, view };
}

function accepted(view: ViewName): AnswerDescription {
  return { status: 202, summary: 'The engine has accepted it', content: JSON_TYPE, view };
}

function command(problems: readonly ProblemCode[]): RouteAnswers {
  return gives(
    [accepted('Command'), ok('Command', 'Its outcome is there, with `wait`')],
    [...problems, 'outcome-failed', 'wait-timeout', 'engine-timeout', 'shutting-down'],
  );
}
