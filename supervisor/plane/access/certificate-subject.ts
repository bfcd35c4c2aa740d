// Who a client's certificate says that it is: CN is the name, OU the role. What is not clear is refused: one of several values
// would be a guess, and the signer may not have meant it.
import { ROLES, type Role } from '../../core/control-access.ts';

export type Subject =
  | { readonly kind: 'known'; readonly name: string; readonly role: Role }
  | { readonly kind: 'unclear'; readonly name: string | undefined; readonly reason: string };

/** Of getPeerCertificate(); several values of one attribute are a list. */
export type CertificateFields = {
  readonly subject?: { readonly CN?: string | string[]; readonly OU?: string | string[] };
};

/** RFC 5280, ub-common-name. */
const LONGEST_NAME = 64;

export function readSubject({ subject }: CertificateFields): Subject {
  const name = readName(subject?.CN);
  if (name === undefined)
    return { kind: 'unclear', name, reason: 'its certificate has not exactly one CN that is a name' };
  const unit = subject?.OU;
  if (Array.isArray(unit))
    return {
      kind: 'unclear',
      name,
      reason: 'its certificate has several OU, and one of them is to be the role',
    };
  const role = ROLES.find((known) => known === unit);
  if (role !== undefined) return { kind: 'known', name, role };
  const reason =
    unit === undefined
      ? 'its certificate has no OU, which is to be the role'
      : `the OU of its certificate is not a role (${ROLES.join(', ')})`;
  return { kind: 'unclear', name, reason };
}

function readName(name: string | string[] | undefined): string | undefined {
  if (typeof name !== 'string' || name.length > LONGEST_NAME || name.trim() === '') return undefined;
  return /\p{C}/u.test(name) ? undefined : name;
}
