// Every error that the API can answer with: the one table of codes, and the document (RFC 9457) that carries one.
// docs/reference/errors.md lists the same codes, and a test holds the two together.
import type { CommandError } from '../core/command-error.ts';
import { APPLICATION_PROBLEMS } from './application-problems.ts';
import type { DiagnosticView, PlanView } from './plan-view.ts';

type ProblemKind = { readonly status: number; readonly title: string; readonly next: string };

export const PROBLEMS = {
  'bad-request': {
    status: 400,
    title: 'The request cannot be understood',
    next: 'Correct what `errors` names; docs/reference/api.md has the shapes.',
  },
  'key-required': {
    status: 401,
    title: 'An API key is asked for',
    next: 'Send one as X-API-Key; the first one is in the file `api-key` of the state directory.',
  },
  'key-refused': {
    status: 401,
    title: 'The API key is not known',
    next: 'Have an admin make another one: `bosunctl key create NAME --role ROLE`.',
  },
  'not-allowed': {
    status: 403,
    title: 'This user may not control Bosun',
    next: 'Ask as root, or as the user that Bosun runs as, or have a role given to you under `access` of bosun.yaml.',
  },
  'role-too-low': {
    status: 403,
    title: 'This takes a greater role',
    next: 'Ask as somebody who has it, or have it given to you: docs/how-to/remote-control.md.',
  },
  'certificate-refused': {
    status: 403,
    title: 'The certificate is not one that gives a role',
    next: 'Have one issued with the name as CN and one role as OU: observe, control or admin.',
  },
  'host-not-allowed': {
    status: 403,
    title: 'The Host header is not a name of this listener',
    next: 'Ask by the address, or add the name to `hosts` of the listener in bosun.yaml.',
  },
  'origin-not-allowed': {
    status: 403,
    title: 'A page of another origin may not ask here',
    next: 'Ask from a page of the same origin, or from a program that is no browser.',
  },
  'not-on-this-listener': {
    status: 403,
    title: 'This listener shows health and metrics only',
    next: 'Ask on the control socket, or on a listener with certificates or API keys.',
  },
  'key-not-found': {
    status: 404,
    title: 'There is no such API key',
    next: 'See `bosunctl key list` for the ids.',
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
    next: '`bosunctl why NAME` says why; `bosunctl start NAME` starts it.',
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
  'journal-unavailable': {
    status: 503,
    title: 'The journal cannot be read',
    next: 'See `bosunctl status` and the events for why; the state directory needs room and a writable disk.',
  },
  'job-not-started': {
    status: 422,
    title: 'The job could not be started',
    next: 'Correct the command or its context, as `detail` says; PATH and the working directory are those of the job.',
  },
  'job-refused': {
    status: 422,
    title: 'The job cannot be run as it is asked for',
    next: 'Correct what `errors` names, each by its key.',
  },
  'job-output-gone': {
    status: 410,
    title: 'The output of the job is not kept',
    next: 'Run it again, and read its output while it runs: `bosunctl job start --stream`.',
  },
  'upgrade-required': {
    status: 426,
    title: 'The route needs an HTTP upgrade',
    next: 'Use `bosunctl exec`, or send `Connection: Upgrade` and `Upgrade: bosun-exec`.',
  },
  'too-many-jobs': {
    status: 503,
    title: 'Too many jobs are running',
    next: 'Wait for one to end, or stop one: `bosunctl job list`.',
  },
  'too-many-keys': {
    status: 409,
    title: 'There are too many API keys',
    next: 'Revoke some: `bosunctl key list`, `bosunctl key revoke ID`.',
  },
  'keys-unavailable': {
    status: 503,
    title: 'The API keys cannot be read or written',
    next: 'Mend what `detail` names in the state directory; nothing was changed. The control socket needs no key.',
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
  'upgrade-blocked': {
    status: 409,
    title: 'Bosun cannot be replaced just now',
    next: 'Wait for what `detail` names, or give it longer: `bosunctl upgrade --timeout 60s`. Nothing was changed.',
  },
  'upgrade-refused': {
    status: 422,
    title: 'The new program cannot take over',
    next: 'Put a program in place that can, as `detail` says, and try again. Nothing was changed.',
  },
  ...APPLICATION_PROBLEMS,
  'body-too-large': {
    status: 413,
    title: 'The body is larger than 64 KiB',
    next: 'Send a smaller one.',
  },
  'uri-too-long': {
    status: 414,
    title: 'The path and the query are longer than 8 KiB',
    next: 'Ask for less at once.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is not of a type that the route takes',
    next: 'Send JSON in UTF-8, with `Content-Type: application/json`.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key has come with another request before',
    next: 'Give each request a key of its own; repeat one only with what it was first sent with.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are larger than 16 KiB, or more than 100',
    next: 'Send fewer or shorter ones.',
  },
  'too-many-streams': {
    status: 503,
    title: 'Too many streams are being read',
    next: 'Wait for one to end, or ask for the list by `after`.',
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
  'view-behind': {
    status: 504,
    title: 'The view has not come to the event that was asked for',
    next: 'Try again, or wait longer with a larger `wait`. After a restart without its state directory Bosun counts anew.',
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
  /** The name that was meant, when one is close to what was asked for. */
  readonly suggestion?: string;
  /** The id of the job that it is about. */
  readonly job?: number;
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
