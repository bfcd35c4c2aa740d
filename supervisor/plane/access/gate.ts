// What stands at the entrance of each transport: who asks, by what the transport knows of them, or why they are not let in.
// It says nothing of what the role may do; the application compares that with the route.
import type { IncomingMessage } from 'node:http';
import type { Role } from '../../core/control-access.ts';
import type { Actor } from '../../core/actor.ts';
import type { AuditEvent } from '../../core/event.ts';
import type { ProblemCode } from '../../wire/problem.ts';

export type Transport = Extract<AuditEvent, { type: 'access-refused' }>['transport'];

export type Principal = {
  readonly actor: Actor;
  readonly role: Role;
  /** The actor, and where it is, for people. */
  readonly peer: string;
  /** How one gets a greater role on this transport, as a sentence. */
  readonly advice: string;
};

export type Refusal = {
  readonly code: ProblemCode;
  /** For whoever asked. */
  readonly detail: string;
  /** What to do, where that is more than what goes with the code. */
  readonly next?: string;
  readonly peer: string;
  /** Undefined when it is not known who it was. */
  readonly actor?: Actor;
  /** For the audit trail: short, and not in the words of whoever asked. */
  readonly reason: string;
};

export type Admission =
  | { readonly kind: 'admitted'; readonly principal: Principal }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Of a route, what an entrance needs to know. */
export type Destination = {
  /** `public`: also where only health and metrics are shown. */
  readonly exposure: 'public' | 'private';
};

export type Gate = {
  readonly transport: Transport;
  admit(incoming: IncomingMessage, destination: Destination): Admission;
};

export function refused(refusal: Refusal): Admission {
  return { kind: 'refused', refusal };
}

/** The address of a TCP peer, as people write it: an IPv4 address on an IPv6 socket is mapped, RFC 4291, section 2.5.5.2. */
export function addressOf(remoteAddress: string | undefined): string {
  return remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '') ?? 'an unknown address';
}
