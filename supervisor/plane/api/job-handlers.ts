// Jobs: run one, look at them, stop one, send one a signal, read its output.
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { JobRecord } from '../../core/job.ts';
import type { JobsView, JobView } from '../../wire/job-view.ts';
import type { JobOutputQuery, SignalBody, WaitQuery } from '../../wire/requests.ts';
import { hasEnded, untilJob } from '../jobs/job-start.ts';
import { OutputReading } from '../jobs/output-reading.ts';
import { refuseAnswer } from './command-refusal.ts';
import type { ApiContext, ApiRequest, Handler } from './context.ts';
import { isUpgrade } from './exec-upgrade.ts';
import { launchJob } from './job-launch.ts';
import { json, refuse } from './problem-response.ts';

export const listJobs: Handler = ({ view, jobs }) => {
  const body: JobsView = { jobs: view.fleet.jobs.map((record) => jobs.project(record)) };
  return json(body);
};

export const showJob: Handler = ({ jobs }, request) => {
  const record = findJob(jobs, request);
  return record === undefined ? notFound(request) : json(jobs.project(record));
};

export const runJob: Handler = async (context, request) => {
  const body = request.body as Readonly<Record<string, unknown>>;
  if (!isUpgrade(request.incoming) && 'input' in body && body['input'] !== 'none')
    return refuse(
      'upgrade-required',
      'A job with an input is attached to: this is no upgrade to bosun-exec.',
      {
        errors: ['body.input: needs the headers Connection: Upgrade and Upgrade: bosun-exec'],
      },
    );
  return await launchJob(context, request, body);
};

/** In the context of the service in the path. */
export const execInService: Handler = async (context, request) => {
  if (!isUpgrade(request.incoming))
    return refuse('upgrade-required', 'This route takes an upgrade to bosun-exec only.', {
      errors: ['headers: Connection: Upgrade and Upgrade: bosun-exec are missing'],
    });
  const body = request.body as Readonly<Record<string, unknown>>;
  return await launchJob(context, request, {
    input: 'stream',
    ...body,
    service: request.params['name'] ?? '',
  });
};

export const stopJob: Handler = async (context, request) => {
  const { view, desk, jobs } = context;
  const record = findJob(jobs, request);
  if (record === undefined) return notFound(request);
  const job = record.id;
  const { id, answer } = await desk.submit(
    request.actor,
    { verb: 'stop-job', job, cause: 'asked' },
    request.identity,
  );
  // One that has ended has been stopped as far as anybody can tell.
  const isOver = answer.kind === 'refused' && answer.error.code === 'job-not-running';
  if (answer.kind !== 'accepted' && !isOver) return refuseAnswer(view, id, answer);
  const waitMs = (request.query as WaitQuery).wait;
  if (waitMs === undefined) return json(jobs.project(jobs.find(job) ?? record), 202);
  const last = (await untilJob(view, job, hasEnded, { waitMs, gone: request.gone })) ?? record;
  if (hasEnded(last) || request.gone.aborted) return json(jobs.project(last));
  return refuse('wait-timeout', `After ${waitMs} ms job ${job} has not ended.`, {
    command: id,
    waiting_for: [{ service: `job ${job}`, state: last.state.kind, note: '' }],
  });
};

export const signalJob: Handler = async (context, request) => {
  const { view, desk, jobs } = context;
  const record = findJob(jobs, request);
  if (record === undefined) return notFound(request);
  const { signal } = request.body as SignalBody;
  const verb = { verb: 'signal-job', job: record.id, signal } as const;
  const { id, answer } = await desk.submit(request.actor, verb, request.identity);
  if (answer.kind !== 'accepted') return refuseAnswer(view, id, answer);
  return json(jobs.project(jobs.find(record.id) ?? record) satisfies JobView, 202);
};

export const showJobOutput: Handler = ({ jobs }, request) => {
  const record = findJob(jobs, request);
  if (record === undefined) return notFound(request);
  const output = jobs.output(record.id);
  if (output === undefined)
    return refuse('job-output-gone', `The output of job ${record.id} ${WHY_GONE[goneBecause(record)]}.`);
  const { stream, from = 0, follow = true } = request.query as JobOutputQuery;
  if (stream !== undefined && from > 0)
    return refuse('bad-request', '`from` counts bytes of frames, and does not go with `stream`.');
  if (from > output.size)
    return refuse('bad-request', `There are only ${output.size} bytes of frames, not ${from}.`);
  const until = follow ? 'end' : 'now';
  new OutputReading(output, request.outgoing, { from, stream, until }).begin();
  return RESPONSE_ALREADY_SENT;
};

const WHY_GONE = {
  attached: 'went to whoever it was run for, and is kept nowhere',
  discarded: 'had to make room for that of newer jobs',
} as const;

function goneBecause({ input }: JobRecord): keyof typeof WHY_GONE {
  return input === 'none' ? 'discarded' : 'attached';
}

function findJob(jobs: ApiContext['jobs'], { params }: ApiRequest): JobRecord | undefined {
  const id = params['id'] ?? '';
  return /^\d{1,15}$/.test(id) ? jobs.find(Number(id)) : undefined;
}

function notFound({ params }: ApiRequest): Response {
  return refuse('job-not-found', `There is no job ${JSON.stringify(params['id'] ?? '')}.`);
}
