// Who may use the socket: root and Bosun's own user. The kernel says who the peer is, at the moment it connected.
import type { Role } from '../../core/control-access.ts';
import type { Socket } from 'node:net';
import type { Peer, PeerCredentials } from '../ports.ts';

export type Access =
  | { readonly kind: 'allowed'; readonly actor: string; readonly role: Role }
  | { readonly kind: 'refused'; readonly who: string };

export class AccessControl {
  readonly #peerCredentials: PeerCredentials;
  readonly #ownUid: number;
  readonly #known = new WeakMap<Socket, Access>();

  constructor(peerCredentials: PeerCredentials, ownUid: number) {
    this.#peerCredentials = peerCredentials;
    this.#ownUid = ownUid;
  }

  check(socket: Socket): Access {
    const known = this.#known.get(socket);
    if (known !== undefined) return known;
    const access = this.#judge(socket);
    this.#known.set(socket, access);
    return access;
  }

  #judge(socket: Socket): Access {
    const fd = descriptorOf(socket);
    if (fd === undefined) return { kind: 'refused', who: 'a peer without a descriptor' };
    const peer = this.#peerCredentials(fd);
    if (!peer.ok) return { kind: 'refused', who: `an unknown peer (${peer.errno})` };
    return this.#isAdmin(peer.value)
      ? { kind: 'allowed', actor: actorOf(peer.value), role: 'admin' }
      : refusal(peer.value);
  }

  #isAdmin({ uid }: Peer): boolean {
    return uid === 0 || uid === this.#ownUid;
  }
}

function actorOf({ uid }: Peer): string {
  return `uid:${uid}`;
}

function refusal({ uid, gid, pid }: Peer): Access {
  return { kind: 'refused', who: `uid ${uid}, gid ${gid}, pid ${pid}` };
}

/** Node has no public name for it; the handle of a Unix socket carries it. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined;
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}
