// Writes: each becomes one command to the engine, and with `wait` the answer is its outcome.
import type { CommandVerb } from '../../core/input.ts';
import type { ServiceName } from '../../core/names.ts';
import type { CommandVerbName, CommandView } from '../../wire/fleet-view.ts';
import { createProblem } from '../../wire/problem.ts';
import type { CommandBody, SignalBody, WaitQuery } from '../../wire/requests.ts';
import type { DeskAnswer } from '../commands/command-desk.ts';
import type { WaitedVerb } from '../commands/outcome.ts';
import { OutcomeWatch, type WatchEnd } from '../commands/outcome-watch.ts';
import { projectService } from '../views/service-projection.ts';
import type { FleetView } from '../views/fleet-view.ts';
import type { ApiContext, ApiRequest, Handler } from './context.ts';
import { json, problemResponse, refuse, refuseCommand } from './problem-response.ts';
import { namesIn } from './service-handlers.ts';

export function commandOne(verb: WaitedVerb): Handler {
  return (context, request) => give(context, request, { verb, services: nameIn(request) });
}

export const signalOne: Handler = (context, request) => {
  const { signal } = request.body as SignalBody;
  return give(context, request, { verb: 'signal', services: nameIn(request), signal });
};

export const commandMany: Handler = (context, request) => {
  const body = request.body as CommandBody;
  const services = [...new Set(body.services)] as ServiceName[];
  if (body.verb === 'signal')
    return give(context, request, { verb: 'signal', services, signal: body.signal });
  return give(context, request, { verb: body.verb, services });
};

/** Does not wait: with the container ends the connection. */
export const shutDown: Handler = (context, request) => give(context, request, { verb: 'shutdown' });

/** The engine checks that it exists. */
function nameIn({ params }: ApiRequest): readonly ServiceName[] {
  return [(params['name'] ?? '') as ServiceName];
}

async function give(
  context: ApiContext,
  request: ApiRequest,
  verb: Exclude<CommandVerb, { verb: 'apply' }>,
): Promise<Response> {
  const waitMs = (request.query as WaitQuery).wait;
  const waited = verb.verb === 'signal' || verb.verb === 'shutdown' ? undefined : verb;
  using watch =
    waited && waitMs !== undefined ? new OutcomeWatch(context.view, waited.verb, waited.services) : undefined;
  const { id, answer } = await context.desk.submit(request.actor, verb);
  if (answer.kind !== 'accepted') return refuseAnswer(context.view, id, answer);
  const accepted = { id, verb: verb.verb, reached: answer.services };
  if (watch === undefined || waited === undefined || waitMs === undefined) return answerAccepted(accepted);
  const end = await watch.outcome(waitMs, request.gone);
  return answerEnd(context.view, { ...accepted, named: waited.services, waitMs }, end);
}

type Accepted = { readonly id: string; readonly verb: CommandVerbName; readonly reached: readonly string[] };
type Waited = Accepted & { readonly named: readonly string[]; readonly waitMs: number };

function refuseAnswer(
  view: FleetView,
  id: string,
  answer: Exclude<DeskAnswer, { kind: 'accepted' }>,
): Response {
  switch (answer.kind) {
    case 'refused':
      return refuseCommand(answer.error, namesIn(view));
    case 'no-answer':
      return refuse('engine-timeout', 'The engine did not answer within 5 s.', { command: id });
    case 'closed':
      return refuse('shutting-down', 'The control plane is being closed.', { command: id });
  }
}

function answerAccepted({ id, verb, reached }: Accepted): Response {
  const body: CommandView = { command: id, verb, services: [...reached], outcome: 'accepted', views: [] };
  return json(body, 202);
}

function answerEnd(view: FleetView, waited: Waited, end: WatchEnd): Response {
  switch (end.kind) {
    case 'reached':
      return answerReached(view, waited);
    case 'failed':
      return refuse('outcome-failed', describeFailure(view, waited.verb, end.service, end.why), {
        service: end.service,
        command: waited.id,
      });
    case 'timeout':
      return answerTimeout(view, waited, end.missing);
    case 'abandoned':
      return answerAccepted(waited);
  }
}

function answerReached(view: FleetView, { id, verb, reached, named }: Waited): Response {
  const views = named.flatMap((name) => projectNamed(view, name));
  const body: CommandView = { command: id, verb, services: [...reached], outcome: 'reached', views };
  return json(body);
}

function describeFailure(view: FleetView, verb: CommandVerbName, service: string, why: string): string {
  const [current] = projectNamed(view, service);
  const note = current === undefined || current.note === '' ? '' : ` (${current.note})`;
  return `${service}: ${verb} failed: ${why}${note}`;
}

function answerTimeout(view: FleetView, { id, waitMs }: Waited, missing: readonly string[]): Response {
  const waitingFor = missing.flatMap((name) =>
    projectNamed(view, name).map(({ state, note }) => ({ service: name, state, note })),
  );
  const list = waitingFor.map(
    ({ service, state, note }) => `${service} (${state}${note === '' ? '' : `, ${note}`})`,
  );
  const detail = `After ${waitMs} ms still waiting for ${list.join('; ')}.`;
  return problemResponse(createProblem('wait-timeout', detail, { command: id, waiting_for: waitingFor }));
}

function projectNamed(view: FleetView, name: string): ReturnType<typeof projectService>[] {
  const seen = view.find(name);
  return seen === undefined ? [] : [projectService(view, seen)];
}
