// Runs a job for a request: prepared, begun, and known to have a process or not, before anything is answered. With an upgrade the
// connection becomes the job's streams.
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { JobRecord } from '../../core/job.ts';
import type { JobSpec } from '../../core/job-spec.ts';
import type { JobId } from '../../core/names.ts';
import { hasEnded, isDecided, untilJob } from '../jobs/job-start.ts';
import { maskCommand } from '../../core/mask-command.ts';
import { refuseAnswer } from './command-refusal.ts';
import type { ApiContext, ApiRequest } from './context.ts';
import { isUpgrade, takeConnection } from './exec-upgrade.ts';
import { json, refuse, serviceNotFound } from './problem-response.ts';
import { namesIn } from './service-handlers.ts';

/** A spawn takes milliseconds; the limit is for an engine that is stuck. */
const START_LIMIT_MS = 10_000;

export async function launchJob(context: ApiContext, request: ApiRequest, asked: object): Promise<Response> {
  const { view, desk, prepareJob } = context;
  const service = 'service' in asked ? String(asked.service) : undefined;
  if (service !== undefined && view.find(service) === undefined)
    return serviceNotFound(service, namesIn(view));
  const prepared = await prepareJob(view.spec, asked);
  if (prepared.kind === 'refused') {
    const detail = `The job cannot be run as it is asked for: ${prepared.errors.join(' ')}`;
    return refuse('job-refused', detail, { errors: prepared.errors });
  }
  const { command, environment } = prepared.spec;
  const spec: JobSpec = { ...prepared.spec, shown: maskCommand(command, environment, process.env) };
  const { id, answer } = await desk.submit(request.actor, { verb: 'run-job', spec }, request.identity);
  if (answer.kind !== 'accepted') return refuseAnswer(view, id, answer);
  // By its contract the engine names the job that it has begun.
  if (answer.job === undefined) return refuse('internal-error', 'The engine has not named the job.');
  return await answerFor(context, request, answer.job);
}

async function answerFor(context: ApiContext, request: ApiRequest, job: JobId): Promise<Response> {
  const { view, jobs } = context;
  const record = await untilJob(view, job, isDecided, { waitMs: START_LIMIT_MS, gone: request.gone });
  if (record === undefined) return refuse('job-not-found', `Job ${job} has been forgotten already.`);
  if (record.state.kind === 'ended' && record.state.end.kind === 'not-started')
    return refuse('job-not-started', `Job ${job} could not be started: ${record.state.end.error.message}.`, {
      job,
    });
  if (isUpgrade(request.incoming)) return attach(context, request, record);
  return json(jobs.project(jobs.find(job) ?? record), 201);
}

function attach({ jobs, desk }: ApiContext, request: ApiRequest, record: JobRecord): Response {
  const { incoming, outgoing, actor, gone } = request;
  if (gone.aborted) {
    if (!hasEnded(record)) void desk.submit(actor, { verb: 'stop-job', job: record.id, cause: 'hangup' });
    return refuse('internal-error', 'The connection is gone.');
  }
  const connection = takeConnection(incoming, outgoing, { 'bosun-job': String(record.id) });
  jobs.attached.attach(record, connection, actor);
  return RESPONSE_ALREADY_SENT;
}
