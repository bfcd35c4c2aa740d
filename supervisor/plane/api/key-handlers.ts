// API keys: listed, made, rotated, revoked. The key itself is in the answer that made it, once.
import type { KeyView, KeysView, NewKeyView } from '../../wire/key-view.ts';
import type { KeyBody, RotateQuery } from '../../wire/requests.ts';
import type { KeyChange, KeyFailure } from '../access/api-keys.ts';
import type { KeyRecord } from '../access/key-file-schema.ts';
import type { Handler } from './context.ts';
import { json, refuse } from './problem-response.ts';

export const listKeys: Handler = async ({ keys }) => {
  const listed = await keys.list();
  if ('kind' in listed) return refuseKey(listed);
  return json({ keys: listed.map(toView) } satisfies KeysView);
};

export const createKey: Handler = async ({ keys }, { body, actor }) => {
  const { name, role } = body as KeyBody;
  return answerWithKey(await keys.create(name, role, actor), 201);
};

export const rotateKey: Handler = async ({ keys }, { params, query, actor }) => {
  const { overlap = 0 } = query as RotateQuery;
  return answerWithKey(await keys.rotate(params['id'] ?? '', overlap, actor), 200);
};

export const revokeKey: Handler = async ({ keys }, { params, actor }) => {
  const change = await keys.revoke(params['id'] ?? '', actor);
  return change.kind === 'made' ? json(toView(change.record)) : refuseKey(change);
};

function answerWithKey(change: KeyChange, status: number): Response {
  if (change.kind !== 'made') return refuseKey(change);
  const { record, key, replaced } = change;
  const replaces = replaced && { replaces: { id: replaced.id, expires: endOf(replaced) } };
  const body: NewKeyView = { ...toView(record), key, ...replaces };
  return json(body, status, { 'cache-control': 'no-store' });
}

/** Null: it has ended already. */
function endOf({ expires }: KeyRecord): string | null {
  return expires === null || Date.parse(expires) <= Date.now() ? null : expires;
}

function toView({ id, name, role, created, expires }: KeyRecord): KeyView {
  return { id, name, role, created, expires };
}

function refuseKey({ kind, reason }: KeyFailure): Response {
  switch (kind) {
    case 'not-found':
      return refuse('key-not-found', reason);
    case 'too-many':
      return refuse('too-many-keys', reason);
    case 'unavailable':
      return refuse('keys-unavailable', reason);
  }
}
