// What the control plane needs from outside, as types: so that plane/ knows neither the C library nor the thread it is in.
import type { FromPlane } from '../core/plane-message.ts';

export type Peer = { readonly pid: number; readonly uid: number; readonly gid: number };

/** SO_PEERCRED of an accepted Unix socket, unix(7). `errno` is the error's name, such as EBADF. */
export type PeerCredentials = (
  fd: number,
) => { readonly ok: true; readonly value: Peer } | { readonly ok: false; readonly errno: string };

export type Ports = {
  readonly peerCredentials: PeerCredentials;
  readonly post: (message: FromPlane) => void;
};

/** CLOCK_MONOTONIC in milliseconds, as the engine stamps its events. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
