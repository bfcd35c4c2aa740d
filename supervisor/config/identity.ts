// As whom a service runs: the names of `user`, `group` and `groups` looked up, what follows from them filled in, and whether Bosun may
// do that.
import type { Identity } from '../core/execution-spec.ts';
import type { AccountReference } from './account-reference.ts';
import type { GroupEntry, UserEntry } from './accounts.ts';
import { isMapped, mayHere, type OwnPrivileges } from './own-privileges.ts';
import type { Path } from './plain-value.ts';
import type { ServiceFile } from './service-schema.ts';
import { didYouMean } from '../core/suggestion.ts';
import type { SystemFacts } from './system-facts.ts';

export type ExecutionFinding = {
  readonly path: Path;
  readonly severity?: 'warning';
  readonly message: string;
  readonly remedy: string;
};

export type ResolvedIdentity = {
  /** Undefined when it is Bosun's own. */
  readonly identity: Identity | undefined;
  readonly account: Account;
  readonly findings: readonly ExecutionFinding[];
};

/** HOME and the like; undefined takes Bosun's own away. */
export type Account = Readonly<Record<string, string | undefined>>;

type Keys = Pick<ServiceFile, 'user' | 'group' | 'groups'>;
type Found<Value> = { readonly value: Value } | { readonly findings: readonly ExecutionFinding[] };

export function resolveIdentity(keys: Keys, facts: SystemFacts): ResolvedIdentity {
  const { user, group, groups } = keys;
  if (user === undefined && group === undefined && groups === undefined) return BOSUNS_OWN;
  const found = lookUp(keys, facts);
  if ('findings' in found) return { ...BOSUNS_OWN, findings: found.findings };
  const identity = complete(found.value, facts);
  const account = user === undefined ? {} : accountOf(found.value.user?.entry);
  if (isOwn(identity, keys, facts.own)) return { ...BOSUNS_OWN, account };
  return { identity, account, findings: checkPrivileges(identity, keys, facts.own) };
}

const BOSUNS_OWN: ResolvedIdentity = { identity: undefined, account: {}, findings: [] };

/** What is written, as numbers; undefined where nothing is. */
type Looked = {
  readonly user: FoundUser | undefined;
  readonly gid: number | undefined;
  readonly groups: readonly number[] | undefined;
};

function lookUp({ user, group, groups }: Keys, facts: SystemFacts): Found<Looked> {
  const foundUser = user === undefined ? NOTHING : findUser(user.user, facts);
  const foundGroup = findPrimary(user?.group, group, facts);
  const foundGroups = (groups ?? []).map((each, index) => findGroup(each, ['groups', index], facts));
  const findings = [foundUser, foundGroup, ...foundGroups].flatMap(findingsOf);
  if ('findings' in foundUser || 'findings' in foundGroup || findings.length > 0) return { findings };
  const numbers = groups === undefined ? undefined : [...new Set(foundGroups.flatMap(valueOf))];
  return { value: { user: foundUser.value, gid: foundGroup.value, groups: numbers } };
}

const NOTHING = { value: undefined };

type FoundUser = { readonly uid: number; readonly entry: UserEntry | undefined };

function findUser(reference: AccountReference, { accounts }: SystemFacts): Found<FoundUser> {
  if (typeof reference === 'number')
    return { value: { uid: reference, entry: accounts.users.find(({ uid }) => uid === reference) } };
  const entry = accounts.users.find(({ name }) => name === reference);
  if (entry !== undefined) return { value: { uid: entry.uid, entry } };
  const names = accounts.users.map(({ name }) => name);
  return unknown(['user'], 'user', reference, '/etc/passwd', names);
}

function findPrimary(
  ofUser: AccountReference | undefined,
  group: AccountReference | undefined,
  facts: SystemFacts,
): Found<number | undefined> {
  if (ofUser !== undefined && group !== undefined) {
    const remedy = 'Write it either after the colon of user or as group.';
    return { findings: [{ path: ['group'], message: 'the group is given twice', remedy }] };
  }
  if (ofUser !== undefined) return findGroup(ofUser, ['user'], facts);
  return group === undefined ? NOTHING : findGroup(group, ['group'], facts);
}

function findGroup(reference: AccountReference, path: Path, { accounts }: SystemFacts): Found<number> {
  if (typeof reference === 'number') return { value: reference };
  const entry = accounts.groups.find(({ name }) => name === reference);
  if (entry !== undefined) return { value: entry.gid };
  const names = accounts.groups.map(({ name }) => name);
  return unknown(path, 'group', reference, '/etc/group', names);
}

function unknown(
  path: Path,
  kind: 'user' | 'group',
  name: string,
  file: string,
  names: readonly string[],
): { readonly findings: readonly ExecutionFinding[] } {
  const message = `no ${kind} is called "${name}" in ${file}`;
  const remedy = `${didYouMean(name, names)}Add it to the image with ${kind}add, or write its number.`;
  return { findings: [{ path, message, remedy }] };
}

function findingsOf(found: Found<unknown>): readonly ExecutionFinding[] {
  return 'findings' in found ? found.findings : [];
}

function valueOf<Value>(found: Found<Value>): readonly Value[] {
  return 'value' in found ? [found.value] : [];
}

/** A user whom nobody knows has group 0 and no other, as Docker does it. */
function complete({ user, gid, groups }: Looked, { own, accounts }: SystemFacts): Identity {
  if (user === undefined) return { uid: own.uid, gid: gid ?? own.gid, groups: groups ?? own.groups };
  const memberships = user.entry === undefined ? [] : groupsOf(user.entry.name, accounts.groups);
  return { uid: user.uid, gid: gid ?? user.entry?.gid ?? 0, groups: groups ?? memberships };
}

function groupsOf(name: string, groups: readonly GroupEntry[]): readonly number[] {
  return [...new Set(groups.filter(({ members }) => members.includes(name)).map(({ gid }) => gid))];
}

/** Whoever is not privileged may name itself: the groups that follow from its name are then left as they are. */
function isOwn(identity: Identity, { user, group, groups }: Keys, own: OwnPrivileges): boolean {
  if (identity.uid !== own.uid) return false;
  const isPrimaryGiven = user?.group !== undefined || group !== undefined;
  if (groups === undefined && !mayHere(own, 'SETGID')) return !isPrimaryGiven || identity.gid === own.gid;
  // Some engines list the primary group among the others, which changes nothing.
  return identity.gid === own.gid && isSameSet([...identity.groups, identity.gid], [...own.groups, own.gid]);
}

function isSameSet(some: readonly number[], others: readonly number[]): boolean {
  return some.every((id) => others.includes(id)) && others.every((id) => some.includes(id));
}

function checkPrivileges(identity: Identity, keys: Keys, own: OwnPrivileges): readonly ExecutionFinding[] {
  const { uid, gid, groups } = identity;
  const userKey: Path = keys.user === undefined ? [keys.group === undefined ? 'groups' : 'group'] : ['user'];
  const groupKey: Path = keys.groups === undefined ? userKey : ['groups'];
  const [stranger] = [gid, ...groups].filter((id) => !isMapped(own.gids, id));
  return [
    ...lacking(identity, own).map((capability) => lacks(userKey, capability, own)),
    ...(isMapped(own.uids, uid) ? [] : [notMapped(userKey, 'uid', uid)]),
    ...(stranger === undefined ? [] : [notMapped(groupKey, 'gid', stranger)]),
    ...(own.setgroups === 'denied' ? [setgroupsDenied(groupKey)] : []),
  ];
}

type Needed = 'SETUID' | 'SETGID' | 'KILL';

/** The first is enough to say: whoever lacks it seldom has the others. kill(2) takes CAP_KILL for the process of another user. */
function lacking({ uid }: Identity, own: OwnPrivileges): readonly Needed[] {
  const needed: readonly Needed[] = uid === own.uid ? ['SETGID'] : ['SETUID', 'SETGID', 'KILL'];
  return needed.filter((capability) => !mayHere(own, capability)).slice(0, 1);
}

const PURPOSE: Readonly<Record<Needed, string>> = {
  SETUID: 'to run it as another user',
  SETGID: 'to run it with other groups',
  KILL: 'to stop it when it runs as another user',
};

function lacks(path: Path, capability: Needed, { uid }: OwnPrivileges): ExecutionFinding {
  return {
    path,
    message: `${PURPOSE[capability]} needs the privilege CAP_${capability}, which Bosun (uid ${uid}) does not have`,
    remedy: `Run the container as root with the capability ${capability}, or remove ${String(path[0])}: the service then runs as uid ${uid}.`,
  };
}

function notMapped(path: Path, kind: 'uid' | 'gid', id: number): ExecutionFinding {
  return {
    path,
    message: `${kind} ${id} does not exist in the user namespace of this container`,
    remedy: `Choose one that /proc/self/${kind}_map has, or give the container more of them.`,
  };
}

function setgroupsDenied(path: Path): ExecutionFinding {
  return {
    path,
    message: 'the user namespace of this container does not let anybody set groups (/proc/self/setgroups)',
    remedy: `Remove ${String(path[0])}, or run the container with a range of users (subuid(5)).`,
  };
}

/** As systemd does it, systemd.exec(5): a shell that only turns people away is not named. */
function accountOf(entry: UserEntry | undefined): Account {
  if (entry === undefined) return { HOME: '/', USER: undefined, LOGNAME: undefined, SHELL: undefined };
  const { name, home, shell } = entry;
  const turnsAway = /\/(nologin|false)$/.test(shell);
  return { HOME: home, USER: name, LOGNAME: name, SHELL: turnsAway ? undefined : shell };
}
