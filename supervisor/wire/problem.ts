// Every error that the API can answer with: the one table of codes, and the document (RFC 9457) that carries one.
// docs/reference/errors.md lists the same codes, and a test holds the two together.
import type { CommandError } from '../core/command-error.ts';
import type { DiagnosticView, PlanView } from './plan-view.ts';

type ProblemKind = { readonly status: number; readonly title: string; readonly next: string };

export const PROBLEMS = {
  'bad-request': {
    status: 400,
    title: 'The request cannot be understood',
    next: 'Correct what `errors` names; docs/reference/api.md has the shapes.',
  },
  'not-allowed': {
    status: 403,
    title: 'This user may not control Bosun',
    next: 'Ask as root, or as the user that Bosun runs as.',
  },
  'route-not-found': {
    status: 404,
    title: 'There is no such route',
    next: 'See docs/reference/api.md for the routes.',
  },
  'service-not-found': {
    status: 404,
    title: 'There is no such service',
    next: 'See `bosunctl status` for the names.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The route does not take this method',
    next: 'Use a method that the Allow header names.',
  },
  'service-not-running': {
    status: 409,
    title: 'The service is not running',
    next: 'Start it first: `bosunctl start NAME`.',
  },
  'service-skipped': {
    status: 409,
    title: 'The service cannot run in this container',
    next: 'Make true what its `when:` asks for, then `bosunctl apply`.',
  },
  'reload-not-supported': {
    status: 409,
    title: 'The service has no reload',
    next: 'Give it a `reload:` in its file, or restart it.',
  },
  'shutting-down': {
    status: 409,
    title: 'The container is being stopped',
    next: 'Nothing can be started any more; start the container again.',
  },
  'job-not-found': {
    status: 404,
    title: 'There is no such job',
    next: 'See `bosunctl job list` for the ids; those of jobs that ended long ago are forgotten.',
  },
  'job-not-running': {
    status: 409,
    title: 'The job has ended',
    next: 'See `bosunctl job status ID` for how.',
  },
  'too-many-jobs': {
    status: 503,
    title: 'Too many jobs are running',
    next: 'Wait for one to end, or stop one: `bosunctl job list`.',
  },
  'outcome-failed': {
    status: 409,
    title: 'The command was accepted, but what it was to bring about has failed',
    next: 'See `bosunctl why NAME` and `bosunctl logs NAME`.',
  },
  'configuration-refused': {
    status: 422,
    title: 'The configuration is wrong, and nothing of it was applied',
    next: 'Correct what `diagnostics` names, each with its file and line, then try again.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is larger than 64 KiB',
    next: 'Send a smaller one.',
  },
  'internal-error': {
    status: 500,
    title: 'The control plane failed at this request',
    next: "See Bosun's own log lines; the services are not affected. Try again.",
  },
  'wait-timeout': {
    status: 504,
    title: 'The command was accepted, but its outcome was not reached in time',
    next: 'It goes on; `waiting_for` says what is missing. Wait longer with a larger `wait`.',
  },
  'engine-timeout': {
    status: 504,
    title: 'The engine did not answer in time',
    next: 'The command may have been done; see `bosunctl status`, then try again.',
  },
} as const satisfies Readonly<Record<CommandError['code'], ProblemKind>> &
  Readonly<Record<string, ProblemKind>>;

export type ProblemCode = keyof typeof PROBLEMS;

/** What a wait is still missing. */
export type MissingOutcome = { readonly service: string; readonly state: string; readonly note: string };

/** `application/problem+json`. */
export type ProblemDocument = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  /** What to do next. */
  readonly next: string;
  readonly service?: string;
  /** The id of the command, when one was accepted. */
  readonly command?: string;
  readonly waiting_for?: readonly MissingOutcome[];
  readonly errors?: readonly string[];
  /** What is wrong with the configuration, and the same for people. */
  readonly diagnostics?: readonly DiagnosticView[];
  readonly rendered?: string;
  /** What was applied, when that has not had its outcome. */
  readonly plan?: PlanView;
};

export type ProblemExtras = Omit<ProblemDocument, 'type' | 'title' | 'status' | 'code' | 'detail' | 'next'>;

export function createProblem(
  code: ProblemCode,
  detail: string,
  extras: ProblemExtras = {},
): ProblemDocument {
  const { status, title, next } = PROBLEMS[code];
  return { type: `urn:bosun:problem:${code}`, title, status, code, detail, next, ...extras };
}
