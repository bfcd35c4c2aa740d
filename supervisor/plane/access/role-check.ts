// Whether the role of whoever was admitted is enough, and if not, what is and how to get it.
import { covers, type Role } from '../../core/control-access.ts';
import { refused, type Admission } from './gate.ts';

export function withRole(admission: Admission, needed: Role): Admission {
  if (admission.kind === 'refused' || covers(admission.principal.role, needed)) return admission;
  const { actor, role, peer, advice } = admission.principal;
  return refused({
    code: 'role-too-low',
    detail: `This takes the role ${needed}, and ${actor} has the role ${role}.`,
    next: advice,
    peer,
    actor,
    reason: `it has the role ${role}, and ${needed} is needed`,
  });
}
