// The specification of a service as the core sees it: every default filled in, every unit in the name, nothing optional.
// config/ makes it from YAML; nothing here knows where it came from.
import type { ServiceName } from './names.ts';

export type ServiceType = 'service' | 'oneshot';

/** A signal by its POSIX name with the SIG prefix, as in signal(7). */
export type SignalName = NodeJS.Signals;

/** Compose's `depends_on` conditions. */
export type DependencyCondition = 'service_started' | 'service_healthy' | 'service_completed_successfully';

export type Dependency = {
  readonly name: ServiceName;
  readonly condition: DependencyCondition;
  /** `optional`: go on when the dependency is missing, skipped or failed. */
  readonly need: 'required' | 'optional';
  /** `follow`: restart this service after the dependency has been started anew. */
  readonly onRestart: 'keep' | 'follow';
};

/** What is asked of a service to learn whether it is ready or alive. */
export type ProbeAction =
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly method: 'GET' | 'HEAD';
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'exec'; readonly command: Command }
  | { readonly kind: 'file'; readonly path: string };

/** Program and arguments; the first element is looked up in the service's PATH unless it holds a slash. */
export type Command = readonly [program: string, ...args: string[]];

/** Kubernetes' probe fields, in milliseconds. */
export type ProbeSpec = {
  readonly action: ProbeAction;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly failureThreshold: number;
};

/** How a service is known to be ready. */
export type Readiness =
  /** Ready as soon as it has been spawned. */
  | { readonly kind: 'spawned' }
  | { readonly kind: 'probe'; readonly probe: ProbeSpec }
  /** s6's protocol: ready when it writes a newline on this descriptor. */
  | { readonly kind: 'notify-fd'; readonly fd: number };

export type Liveness = { readonly kind: 'none' } | { readonly kind: 'probe'; readonly probe: ProbeSpec };

export type RestartSpec = {
  readonly policy: 'always' | 'on-failure' | 'never';
  readonly delayMs: number;
  readonly maxDelayMs: number;
  /** Of ready life, after which the back-off starts from `delayMs` again. */
  readonly resetAfterMs: number;
  /** More than `count` restarts within `windowMs`: failed. A count of 0 sets no limit. */
  readonly burst: { readonly count: number; readonly windowMs: number };
};

export type Reload =
  | { readonly kind: 'none' }
  | { readonly kind: 'signal'; readonly signal: SignalName }
  | { readonly kind: 'command'; readonly command: Command; readonly timeoutMs: number };

export type StopSpec = { readonly signal: SignalName; readonly timeoutMs: number };

/** What the end of this service means for the container. */
export type Importance = 'normal' | 'essential' | 'main';

/** Where the standard streams of the service lead. */
export type Stdio =
  /** stdin is /dev/null, stdout and stderr are pipes that Bosun reads. */
  | 'piped'
  /** stdin is Bosun's own, stdout and stderr are pipes: the command after `--` beside other services. */
  | 'piped-with-stdin'
  /** All three are Bosun's own, and the terminal's foreground group is given to it: drop-in mode. */
  | 'inherited';

/** Whether the service can run in this container at all; decided when the configuration is loaded. */
export type Eligibility =
  { readonly kind: 'eligible' } | { readonly kind: 'skipped'; readonly reason: string };

export type ServiceSpec = {
  readonly name: ServiceName;
  readonly description: string;
  readonly type: ServiceType;
  readonly command: Command;
  /** The whole environment of the service; Bosun adds nothing at launch. */
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly stdio: Stdio;
  readonly dependsOn: readonly Dependency[];
  readonly readiness: Readiness;
  readonly liveness: Liveness;
  /** 0 sets no limit. */
  readonly startupTimeoutMs: number;
  readonly restart: RestartSpec;
  readonly importance: Importance;
  readonly stop: StopSpec;
  readonly reload: Reload;
  readonly successExitCodes: readonly number[];
  readonly eligibility: Eligibility;
};

/** What belongs to the whole: `bosun.yaml` and the command line. */
export type FleetSpec = {
  /** In an order in which every service comes after those it depends on. */
  readonly services: readonly ServiceSpec[];
  readonly shutdownBudgetMs: number;
  /** Where a signal that Bosun receives is sent on to. TERM, INT and HUP have meanings of their own. */
  readonly forwards: readonly SignalForward[];
};

export type SignalForward = {
  readonly received: SignalName;
  readonly service: ServiceName;
  readonly signal: SignalName;
};
