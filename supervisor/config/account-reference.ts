// How a user or a group is named in a service file: `web`, `1000`, `web:staff`, `1000:1000`. What the name stands for is looked up in
// identity.ts.
import { ok, quote, wrong, type Parsed } from './parsed.ts';

/** A number stands for itself; text has to be looked up. */
export type AccountReference = string | number;

export type UserReference = {
  readonly user: AccountReference;
  /** After the colon. */
  readonly group: AccountReference | undefined;
};

/** The last one, (uid_t) -1, means "leave it" to setresuid(2). */
const MAX_ID = 2 ** 32 - 2;
/** useradd(8): at most 32 characters; others make longer ones. */
const MAX_NAME = 256;

export function parseUser(value: unknown): Parsed<UserReference> {
  if (typeof value === 'number') return whole(parseAccount(value));
  if (typeof value !== 'string') return wrong(`must be a user, not ${quote(value)}`, USER_REMEDY);
  const [user = '', group, ...more] = value.split(':');
  if (more.length > 0) return wrong(`${quote(value)} is not user:group`, USER_REMEDY);
  const parsedUser = parseAccount(user);
  if (parsedUser.kind === 'error' || group === undefined) return whole(parsedUser);
  const parsedGroup = parseAccount(group);
  return parsedGroup.kind === 'error'
    ? parsedGroup
    : ok({ user: parsedUser.value, group: parsedGroup.value });
}

const USER_REMEDY = 'Write a name, a number, or both with a group: web, 1000, web:staff.';

function whole(parsed: Parsed<AccountReference>): Parsed<UserReference> {
  return parsed.kind === 'ok' ? ok({ user: parsed.value, group: undefined }) : parsed;
}

export function parseAccount(value: unknown): Parsed<AccountReference> {
  const text = typeof value === 'number' ? String(value) : value;
  const remedy = 'Write a name or a number.';
  if (typeof text !== 'string') return wrong(`must be a name or a number, not ${quote(value)}`, remedy);
  if (/^\d+$/.test(text)) {
    const id = Number(text);
    return id <= MAX_ID ? ok(id) : wrong(`${quote(text)} is larger than any user or group`, remedy);
  }
  // What the files of passwd(5) and group(5) cannot hold.
  if (text === '' || text.length > MAX_NAME || /[\s:,\u0000-\u001f]/.test(text) || /^-/.test(text))
    return wrong(`${quote(text)} is not a name or a number`, remedy);
  return ok(text);
}
