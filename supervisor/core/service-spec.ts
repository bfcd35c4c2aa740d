// The specification of a service as the core sees it: every default filled in, every unit in the name, nothing optional.
// config/ makes it from YAML; nothing here knows where it came from.
import type { ApplicationSpec } from './application-spec.ts';
import type { Command } from './argv.ts';
import type { Attachment } from './attachment.ts';
import type { Execution, ResourceControl } from './execution-spec.ts';
import type { LogSpec } from './log-spec.ts';
import type { ServiceName } from './names.ts';
import type { Liveness, Readiness, Startup } from './probe-spec.ts';
import type { Schedule } from './schedule.ts';

export type ServiceType = 'service' | 'oneshot' | 'timer' | 'attached';

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

/**
 * Who gets the stop signal, and who SIGKILL after the grace period; the names are systemd's (systemd.kill(5)).
 * `group`: the whole process group both. `mixed`: the leader the signal, the group SIGKILL. `process`: the leader both; what it
 * leaves behind is left alone and told.
 */
export type KillMode = 'group' | 'process' | 'mixed';

export type StopSpec = {
  readonly signal: SignalName;
  readonly timeoutMs: number;
  readonly killMode: KillMode;
  /** Run instead of sending the signal. What lives after the grace period gets SIGKILL all the same. */
  readonly command: Command | undefined;
};

/** Commands around a run. `stop` is the stop command, which runs as the hooks do. */
export type HookName = 'pre_start' | 'post_start' | 'pre_stop' | 'post_stop' | 'stop';
export type HookSpec = { readonly command: Command; readonly timeoutMs: number };
export type Hooks = Readonly<Partial<Record<Exclude<HookName, 'stop'>, HookSpec>>>;

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
  /** None of an attached one, which somebody else has started. */
  readonly command: Command | undefined;
  /** Of an attached service; `none` for every other type. */
  readonly attachment: Attachment;
  /** The whole environment of the service; Bosun adds nothing at launch. */
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly stdio: Stdio;
  readonly dependsOn: readonly Dependency[];
  readonly startup: Startup;
  readonly readiness: Readiness;
  readonly liveness: Liveness;
  /** Until the startup probe has passed, or without one until it is ready. 0 sets no limit. */
  readonly startupTimeoutMs: number;
  readonly restart: RestartSpec;
  readonly importance: Importance;
  readonly stop: StopSpec;
  readonly reload: Reload;
  readonly hooks: Hooks;
  /** Of a oneshot that has completed: what undoes it when it is stopped. */
  readonly down: Command | undefined;
  /** Of a timer; `none` for every other type. */
  readonly schedule: Schedule;
  readonly successExitCodes: readonly number[];
  readonly logs: LogSpec;
  /** Undefined: it takes no settings while it runs. */
  readonly application: ApplicationSpec | undefined;
  readonly execution: Execution;
  readonly resourceControl: ResourceControl;
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
