// How a service is known to have started, to be ready, to be alive: Kubernetes' three probes, and what a service says of itself
// (a descriptor, sd_notify, a line of its output). Data only; what the answers mean is on-probe.ts.
import type { Command } from './argv.ts';

/** Both ends belong to it. */
export type StatusRange = { readonly from: number; readonly to: number };

/** Whom an https probe trusts. Kubernetes asks without verifying; so do we, unless told. */
export type ProbeTls =
  | { readonly verify: 'none' }
  /** `authorityFile`: a PEM file, or '' for the authorities that Node knows. `serverName`: '' for the URL's host. */
  | { readonly verify: 'full'; readonly authorityFile: string; readonly serverName: string };

/** What is asked of a service, again and again. */
export type ProbeAction =
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly method: 'GET' | 'HEAD' | 'POST';
      readonly headers: Readonly<Record<string, string>>;
      readonly statuses: readonly StatusRange[];
      readonly tls: ProbeTls;
      /** The answer's body is read up to this many bytes; 0 does not read it. */
      readonly maxBodyBytes: number;
      /** Text that must be in those bytes; '' for none. */
      readonly bodyContains: string;
    }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'exec'; readonly command: Command }
  | { readonly kind: 'file'; readonly path: string };

/** Kubernetes' probe fields, in milliseconds. */
export type ProbeSpec = {
  readonly action: ProbeAction;
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  /** Successes in a row, after a failure or at the start. 1 for liveness and startup, as in Kubernetes. */
  readonly successThreshold: number;
  readonly failureThreshold: number;
};

/** A line of the output that matches; said once, it holds for the run. */
export type LogPattern = {
  readonly kind: 'log';
  /** The source of a RegExp with the `v` flag, tried on each line. */
  readonly pattern: string;
  readonly stream: 'stdout' | 'stderr' | 'both';
};

/** How a service is known to be ready. */
export type Readiness =
  /** Ready as soon as it has been spawned. */
  | { readonly kind: 'spawned' }
  | { readonly kind: 'probe'; readonly probe: ProbeSpec }
  /** s6's protocol: ready when it writes a newline on this descriptor. */
  | { readonly kind: 'notify-fd'; readonly fd: number }
  /** sd_notify(3): READY=1 on the datagram socket that NOTIFY_SOCKET names. */
  | { readonly kind: 'notify-socket' }
  | LogPattern;

/** Kubernetes' startup probe: until it has passed, no other probe is asked, and the startup timeout runs. */
export type Startup =
  { readonly kind: 'none' } | { readonly kind: 'probe'; readonly probe: ProbeSpec } | LogPattern;

export type Liveness =
  | { readonly kind: 'none' }
  /** `graceMs`: between the stop signal and SIGKILL when it has failed (terminationGracePeriodSeconds of the probe). */
  | { readonly kind: 'probe'; readonly probe: ProbeSpec; readonly graceMs: number }
  /** systemd's WatchdogSec=: the service must send WATCHDOG=1 at least once in every period. */
  | { readonly kind: 'watchdog'; readonly periodMs: number; readonly graceMs: number };
