// Writes: each becomes one command to the engine, and with `wait` the answer is its outcome.
import type { CommandVerb } from '../../core/input.ts';
import type { ServiceName } from '../../core/names.ts';
import type { CommandView } from '../../wire/fleet-view.ts';
import type { CommandBody, SignalBody, WaitQuery } from '../../wire/requests.ts';
import { CommandAim } from '../commands/command-aim.ts';
import type { WaitedVerb } from '../commands/outcome.ts';
import { OutcomeWatch } from '../commands/outcome-watch.ts';
import { projectNamed, refuseAnswer, refuseOutcome } from './command-refusal.ts';
import type { ApiContext, ApiRequest, Handler } from './context.ts';
import { json } from './problem-response.ts';

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

type GivenVerb = Exclude<CommandVerb, { verb: 'apply' | 'run-job' | 'stop-job' | 'signal-job' }>;
type WaitedCommand = Exclude<GivenVerb, { verb: 'signal' | 'shutdown' }>;

async function give(context: ApiContext, request: ApiRequest, verb: GivenVerb): Promise<Response> {
  const waitMs = (request.query as WaitQuery).wait;
  // So long ago that what it was to bring about cannot be told from what came later: it has been accepted.
  const watchable = context.view.events.covers(request.identity.since);
  if (waitMs !== undefined && watchable && verb.verb !== 'signal' && verb.verb !== 'shutdown')
    return giveAndWait(context, request, verb, waitMs);
  const { id, answer } = await context.desk.submit(request.actor, verb, request.identity);
  if (answer.kind !== 'accepted') return refuseAnswer(context.view, id, answer);
  return json(accepted(context, id, verb, answer.services), 202);
}

async function giveAndWait(
  context: ApiContext,
  { actor, gone, identity }: ApiRequest,
  verb: WaitedCommand,
  waitMs: number,
): Promise<Response> {
  const { view, desk } = context;
  const aim = new CommandAim(view, verb.verb, verb.services, identity.since);
  using watch = new OutcomeWatch(view, aim);
  const { id, answer } = await desk.submit(actor, verb, identity);
  if (answer.kind !== 'accepted') return refuseAnswer(view, id, answer);
  const body = accepted(context, id, verb, answer.services);
  const end = await watch.outcome(waitMs, gone);
  if (end.kind === 'abandoned') return json(body, 202);
  if (end.kind !== 'reached') return refuseOutcome(view, { command: id, what: verb.verb, waitMs }, end);
  const views = verb.services.flatMap((name) => projectNamed(view, name));
  const reached = {
    outcome: 'reached' as const,
    views,
    started: [...aim.started],
    last_event_id: view.events.lastId,
  };
  return json({ ...body, ...reached } satisfies CommandView);
}

/** The engine's reply comes after the events of its command. */
function accepted(
  { view }: ApiContext,
  command: string,
  { verb }: GivenVerb,
  services: readonly ServiceName[],
): CommandView {
  const last_event_id = view.events.lastId;
  return {
    command,
    verb,
    services: [...services],
    outcome: 'accepted',
    views: [],
    started: [],
    last_event_id,
  };
}
