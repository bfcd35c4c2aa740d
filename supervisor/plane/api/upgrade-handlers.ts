// Another program in the place of this one. The answer comes before it happens: with it ends the connection.
import type { UpgradeView } from '../../wire/upgrade-view.ts';
import type { WaitQuery } from '../../wire/requests.ts';
import type { Handler } from './context.ts';
import { json, refuse } from './problem-response.ts';

const DEFAULT_WAIT_MS = 10_000;

export const upgrade: Handler = async ({ upgrades, view }, { actor, identity, query }) => {
  const last_event_id = view.events.lastId;
  const waitMs = (query as WaitQuery).wait ?? DEFAULT_WAIT_MS;
  const answer = await upgrades.submit({ id: identity.id, actor, waitMs });
  switch (answer.kind) {
    case 'accepted': {
      const { from, to } = answer;
      return json({ command: identity.id, from, to, last_event_id } satisfies UpgradeView, 202);
    }
    case 'blocked':
      return refuse('upgrade-blocked', `Bosun cannot be replaced now: ${answer.by.join('; ')}.`);
    case 'refused':
      return refuse('upgrade-refused', answer.reason);
    case 'no-answer':
      return refuse('engine-timeout', 'The engine did not answer.', { command: identity.id });
  }
};
