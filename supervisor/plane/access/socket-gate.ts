// The entrance of the control socket: the kernel says who the peer is, at the moment it connected. Root and Bosun's own user are
// admin, others have the highest role that a rule of bosun.yaml gives to them or to one of their groups.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { covers, type Role, type SocketRule } from '../../core/control-access.ts';
import type { Peer, PeerCredentials, PeerGroups } from '../ports.ts';
import { refused, type Admission, type Gate } from './gate.ts';

export type SocketGateOptions = {
  readonly peerCredentials: PeerCredentials;
  readonly peerGroups: PeerGroups;
  readonly ownUid: number;
  readonly rules: readonly SocketRule[];
};

export class SocketGate implements Gate {
  readonly transport = 'socket';
  readonly #options: SocketGateOptions;
  /** A connection belongs to whoever made it, whatever becomes of the process: unix(7). */
  readonly #known = new WeakMap<Socket, Admission>();

  constructor(options: SocketGateOptions) {
    this.#options = options;
  }

  isAdmin(socket: Socket): boolean {
    const admission = this.#look(socket);
    return admission.kind === 'admitted' && admission.principal.role === 'admin';
  }

  admit({ socket, headers }: IncomingMessage): Admission {
    const admission = this.#look(socket);
    if (admission.kind === 'refused' || headers.origin === undefined) return admission;
    // No browser connects to a Unix socket. What bears an Origin came through a proxy that lends its own uid to every page.
    const { actor, peer } = admission.principal;
    const detail = 'The control socket is not for pages of a browser; give them a listener of their own.';
    const reason = 'it comes from a page in a browser';
    return refused({ code: 'origin-not-allowed', detail, peer, actor, reason });
  }

  #look(socket: Socket): Admission {
    const admission = this.#known.get(socket) ?? this.#judge(socket);
    this.#known.set(socket, admission);
    return admission;
  }

  #judge(socket: Socket): Admission {
    const fd = descriptorOf(socket);
    if (fd === undefined) return unknownPeer('no descriptor');
    const peer = this.#options.peerCredentials(fd);
    if (!peer.ok) return unknownPeer(peer.errno);
    const { uid } = peer.value;
    const role = this.#roleOf(peer.value, fd);
    if (role === undefined) return stranger(peer.value);
    const advice = `Give uid ${uid} that role under access: in bosun.yaml, or ask as root.`;
    return {
      kind: 'admitted',
      principal: { actor: `uid:${uid}`, role, peer: `uid:${uid}`, advice },
    };
  }

  #roleOf({ uid, gid }: Peer, fd: number): Role | undefined {
    const { ownUid, rules } = this.#options;
    if (uid === 0 || uid === ownUid) return 'admin';
    const hasGroupRules = rules.some((rule) => rule.kind === 'gid');
    const groups = hasGroupRules ? [gid, ...this.#groupsOf(fd)] : [gid];
    const fitting = rules.filter((rule) =>
      rule.kind === 'uid' ? rule.uid === uid : groups.includes(rule.gid),
    );
    return fitting.map(({ role }) => role).reduce(higher, undefined);
  }

  /** Where the kernel does not tell them (SO_PEERGROUPS, Linux 4.13), the primary group alone counts: never more than is sure. */
  #groupsOf(fd: number): readonly number[] {
    const groups = this.#options.peerGroups(fd);
    return groups.ok ? groups.value : [];
  }
}

function higher(one: Role | undefined, other: Role): Role {
  return one !== undefined && covers(one, other) ? one : other;
}

function unknownPeer(errno: string): Admission {
  const peer = `unknown peer (${errno})`;
  const detail = `The kernel does not say who you are: getsockopt(2) SO_PEERCRED: ${errno}.`;
  return refused({ code: 'not-allowed', detail, peer, reason: 'it is not known who asks' });
}

function stranger({ uid, gid, pid }: Peer): Admission {
  const who = `uid ${uid}, gid ${gid}, pid ${pid}`;
  return refused({
    code: 'not-allowed',
    detail: `Only root, Bosun's own user and those whom access: in bosun.yaml names may use this socket; you are ${who}.`,
    peer: `uid:${uid}`,
    actor: `uid:${uid}`,
    reason: `no rule gives a role to uid ${uid}, gid ${gid}`,
  });
}

/** Node has no public name for it; the handle of a Unix socket carries it. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined;
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}
