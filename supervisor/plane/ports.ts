// What the control plane needs from outside, as types: so that plane/ knows neither the C library nor the thread it is in, nor
// how a configuration is written.
import type { FromPlane, PlaneSettings } from '../core/plane-message.ts';
import type { JobSpec } from '../core/job-spec.ts';
import type { FleetSpec } from '../core/service-spec.ts';
import type { DiagnosticView } from '../wire/plan-view.ts';
import type { SocketCalls } from './logs/shipping/socket-calls.ts';

export type Peer = { readonly pid: number; readonly uid: number; readonly gid: number };

/** SO_PEERCRED of an accepted Unix socket, unix(7). `errno` is the error's name, such as EBADF. */
export type PeerCredentials = (
  fd: number,
) => { readonly ok: true; readonly value: Peer } | { readonly ok: false; readonly errno: string };

/** SO_PEERGROUPS of the same: the supplementary groups, as they were when it connected. */
export type PeerGroups = (
  fd: number,
) =>
  { readonly ok: true; readonly value: readonly number[] } | { readonly ok: false; readonly errno: string };

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

/** TIOCSWINSZ of tty_ioctl(4) on the master of a pseudo-terminal; the job's foreground group gets SIGWINCH. */
export type ResizeTerminal = (
  fd: number,
  columns: number,
  rows: number,
) => { readonly ok: true } | { readonly ok: false; readonly errno: string };

/** A job as it is to be run, or what is wrong with it: each with its key and what to do. */
export type JobPreparation =
  | { readonly kind: 'prepared'; readonly spec: Omit<JobSpec, 'shown'> }
  | { readonly kind: 'refused'; readonly errors: readonly string[] };

/** `asked`: the body of POST /v1/jobs. Never rejects for what was asked. */
export type PrepareJob = (fleet: FleetSpec, asked: object) => Promise<JobPreparation>;

export type Ports = {
  readonly prepareJob: PrepareJob;
  readonly peerCredentials: PeerCredentials;
  readonly peerGroups: PeerGroups;
  readonly resizeTerminal: ResizeTerminal;
  readonly socketCalls: SocketCalls;
  readonly post: (message: FromPlane) => void;
  /** Never rejects. */
  readonly readConfiguration: (settings: PlaneSettings) => Promise<ConfigurationReading>;
};

/** CLOCK_MONOTONIC in milliseconds, as the engine stamps its events. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
