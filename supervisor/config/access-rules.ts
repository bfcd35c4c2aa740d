// `access:` of bosun.yaml to rules with numbers: names are looked up in this container's passwd(5) and group(5).
import type { Role, SocketRule } from '../core/control-access.ts';
import type { AccessFile } from './access-schema.ts';
import { parseAccount } from './account-reference.ts';
import type { Accounts } from './accounts.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Parsed } from './parsed.ts';
import { wrong, ok } from './parsed.ts';
import { diagnoseAt, type PlainDocument } from './plain-value.ts';
import { didYouMean } from '../core/suggestion.ts';

export type AccessRules = {
  readonly rules: readonly SocketRule[];
  readonly diagnostics: readonly Diagnostic[];
};

type Kind = 'users' | 'groups';

/** Whether names have to be looked up. */
export function namesAnybody({ users, groups }: AccessFile): boolean {
  return [...Object.keys(users), ...Object.keys(groups)].some((name) => !/^\d+$/.test(name));
}

export function toSocketRules(
  access: AccessFile,
  document: PlainDocument | undefined,
  accounts: Accounts,
): AccessRules {
  const found = (['users', 'groups'] as const).flatMap((kind) =>
    Object.entries(access[kind]).map(([name, role]) => ({
      kind,
      name,
      role,
      id: idOf(kind, name, accounts),
    })),
  );
  return {
    rules: found.flatMap(({ kind, role, id }) => (id.kind === 'ok' ? [toRule(kind, id.value, role)] : [])),
    diagnostics: found.flatMap(({ kind, name, id }) =>
      id.kind === 'ok' || document === undefined
        ? []
        : [diagnoseAt(document, ['access', kind, name], 'key', id)],
    ),
  };
}

function toRule(kind: Kind, id: number, role: Role): SocketRule {
  return kind === 'users' ? { kind: 'uid', uid: id, role } : { kind: 'gid', gid: id, role };
}

/** The number that a name or a number stands for. */
export function idOf(kind: Kind, name: string, { users, groups }: Accounts): Parsed<number> {
  const parsed = parseAccount(name);
  if (parsed.kind === 'error') return parsed;
  if (typeof parsed.value === 'number') return ok(parsed.value);
  const known =
    kind === 'users'
      ? users.map(({ name, uid }) => [name, uid] as const)
      : groups.map(({ name, gid }) => [name, gid] as const);
  const entry = known.find(([each]) => each === name);
  if (entry !== undefined) return ok(entry[1]);
  const what = kind === 'users' ? 'user' : 'group';
  const file = kind === 'users' ? '/etc/passwd' : '/etc/group';
  const hint = didYouMean(
    name,
    known.map(([each]) => each),
  );
  return wrong(
    `no ${what} is called "${name}" in ${file}`,
    `${hint}Add it to the image with ${what}add, or write its number.`,
  );
}
