// What the control plane needs from outside, as types: so that plane/ knows neither the C library nor the thread it is in, nor
// how a configuration is written.
import type { FromPlane, PlaneSettings } from '../core/plane-message.ts';
import type { FleetSpec } from '../core/service-spec.ts';
import type { DiagnosticView } from '../wire/plan-view.ts';

export type Peer = { readonly pid: number; readonly uid: number; readonly gid: number };

/** SO_PEERCRED of an accepted Unix socket, unix(7). `errno` is the error's name, such as EBADF. */
export type PeerCredentials = (
  fd: number,
) => { readonly ok: true; readonly value: Peer } | { readonly ok: false; readonly errno: string };

/** The configuration as its files are now, complete with what the command line adds. */
export type ConfigurationReading =
  | {
      readonly kind: 'read';
      readonly spec: FleetSpec;
      /** What holds until Bosun ends, as the files say it now; see ConfigurationSource. */
      readonly fixed: Readonly<Record<string, string>>;
      readonly warnings: readonly DiagnosticView[];
    }
  | {
      readonly kind: 'refused';
      readonly diagnostics: readonly DiagnosticView[];
      /** All of them for people, with the lines that they are about. */
      readonly rendered: string;
    };

export type Ports = {
  readonly peerCredentials: PeerCredentials;
  readonly post: (message: FromPlane) => void;
  /** Never rejects. */
  readonly readConfiguration: (settings: PlaneSettings) => Promise<ConfigurationReading>;
};

/** CLOCK_MONOTONIC in milliseconds, as the engine stamps its events. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
