// Whose the log files of a service are: the names of `logs.file.owner` looked up, and whether Bosun may give files away.
import { idOf } from './access-rules.ts';
import type { UserReference } from './account-reference.ts';
import { isMapped, mayHere, type OwnPrivileges } from './own-privileges.ts';
import { ok, wrong, type Parsed } from './parsed.ts';
import type { SystemFacts } from './system-facts.ts';
import type { LogOwner } from './to-log-spec.ts';

export function resolveLogOwner(
  { user, group }: UserReference,
  { own, accounts }: SystemFacts,
): Parsed<LogOwner> {
  const uid = idOf('users', String(user), accounts);
  if (uid.kind === 'error') return uid;
  const gid =
    group === undefined
      ? ok(accounts.users.find((entry) => entry.uid === uid.value)?.gid)
      : idOf('groups', String(group), accounts);
  if (gid.kind === 'error') return gid;
  return checkMay({ uid: uid.value, gid: gid.value }, own);
}

/** chown(2): without CAP_CHOWN only the group can be changed, and only to one of one's own. */
function checkMay(owner: LogOwner, own: OwnPrivileges): Parsed<LogOwner> {
  const { uid = own.uid, gid = own.gid } = owner;
  if (!isMapped(own.uids, uid)) return notMapped('uid', uid);
  if (!isMapped(own.gids, gid)) return notMapped('gid', gid);
  const isOwn = uid === own.uid && (gid === own.gid || own.groups.includes(gid));
  if (isOwn || mayHere(own, 'CHOWN')) return ok(owner);
  return wrong(
    `to give the files to another needs the privilege CAP_CHOWN, which Bosun (uid ${own.uid}) does not have`,
    `Run the container as root with the capability CHOWN, or remove owner: the files then belong to uid ${own.uid}.`,
  );
}

function notMapped(kind: 'uid' | 'gid', id: number): Parsed<never> {
  return wrong(
    `${kind} ${id} does not exist in the user namespace of this container`,
    `Choose one that /proc/self/${kind}_map has, or give the container more of them.`,
  );
}
