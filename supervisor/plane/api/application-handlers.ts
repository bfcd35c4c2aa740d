// The settings of a service's application: all of them, a stream of what becomes of them, and changes.
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { ServiceName } from '../../core/names.ts';
import type { ApplicationChangedView } from '../../wire/application-view.ts';
import type { SettingsBody } from '../../wire/requests.ts';
import { isAtRest } from '../application/at-rest.ts';
import type { Changed } from '../application/application-channel.ts';
import type { ChannelFailure } from '../application/channel-failure.ts';
import { ApplicationStream } from './application-stream.ts';
import { showSettings } from './application-projection.ts';
import { refuseStream } from './bounded-stream.ts';
import type { ApiContext, ApiRequest, Handler } from './context.ts';
import { json, refuse, serviceNotFound } from './problem-response.ts';
import { namesIn } from './service-handlers.ts';
import { wantsEventStream } from './wants-event-stream.ts';

export const readSettings: Handler = async (context, request) => {
  const asked = serviceOf(context, request);
  if (asked.kind === 'refused') return asked.response;
  const { service } = asked;
  const { incoming, outgoing, gone } = request;
  const applications = await context.applications.open();
  if (wantsEventStream(incoming.headers.accept)) {
    const refusal = refuseStream();
    if (refusal !== undefined) return refusal;
    new ApplicationStream(outgoing, service, applications.watch(service)).begin();
    return RESPONSE_ALREADY_SENT;
  }
  const settings = await applications.channel(service).read(gone);
  return 'kind' in settings
    ? refuseFailure(context, service, settings)
    : json(showSettings(service, settings), 200, { etag: `"${settings.revision}"` });
};

export const changeSettings: Handler = async (context, request) => {
  const asked = serviceOf(context, request);
  if (asked.kind === 'refused') return asked.response;
  const { service } = asked;
  const { actor, identity, body } = request;
  const { values } = body as SettingsBody;
  const applications = await context.applications.open();
  const author = { actor, command: identity.id };
  const done =
    applications.earlier(author, identity.since) ??
    (await applications.channel(service).change(values, author));
  return done.kind === 'failed'
    ? refuseFailure(context, service, done, identity.id)
    : answer(context, request, done);
};

function answer({ view }: ApiContext, { params, identity }: ApiRequest, done: Changed): Response {
  const { revision, changes, eventId } = done;
  const changed: ApplicationChangedView = {
    service: params['name'] ?? '',
    revision,
    changes: [...changes],
    command: identity.id,
    last_event_id: eventId ?? view.events.lastId,
  };
  return json(changed);
}

type Asked =
  | { readonly kind: 'found'; readonly service: ServiceName }
  | { readonly kind: 'refused'; readonly response: Response };

function serviceOf({ view }: ApiContext, { params }: ApiRequest): Asked {
  const name = params['name'] ?? '';
  const seen = view.find(name);
  if (seen === undefined) return { kind: 'refused', response: serviceNotFound(name, namesIn(view)) };
  if (seen.spec.application !== undefined) return { kind: 'found', service: seen.record.name };
  const detail = `${name} has no \`application\` in its file, so that nothing is known of its settings.`;
  return { kind: 'refused', response: refuse('application-not-configured', detail, { service: name }) };
}

function refuseFailure(
  { view }: ApiContext,
  service: ServiceName,
  failure: ChannelFailure,
  command?: string,
): Response {
  const { code, reason, effect, errors } = failure;
  const state = view.find(service)?.record.state.kind ?? 'removed';
  if (code === 'application-unreachable' && effect === 'none' && isAtRest(state))
    return refuse('service-not-running', `${service} is ${state}, and its application does not answer.`, {
      service,
    });
  const perhaps = effect === 'unknown' ? ' Whether the change was made is not known.' : '';
  return refuse(code, `${service}: ${reason}.${perhaps}`, {
    service,
    ...(command === undefined ? {} : { command }),
    ...(errors.length === 0 ? {} : { errors: errors.map(({ key, message }) => `${key}: ${message}`) }),
  });
}
