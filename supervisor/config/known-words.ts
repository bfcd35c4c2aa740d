// Words that people coming from elsewhere write, and keys that a later version of Bosun will know. Data only.

/** Keys of the whole design that this version does not act on. Accepting them silently would be a promise not kept. */
export const LATER_KEYS: ReadonlySet<string> = new Set([
  'user',
  'hooks',
  'limits',
  'security',
  'logs',
  'schedule',
  'every',
  'stop.kill_mode',
  'stop.command',
  'readiness.log',
  'readiness.notify.socket',
  'liveness.log',
  'listeners',
  'roles',
  'logs.file',
  'logs.redact',
]);

export const LATER_TYPES: ReadonlySet<string> = new Set(['timer', 'attached']);

/** Other tools' names for what Bosun calls otherwise. */
export const FOREIGN_KEYS: ReadonlyMap<string, string> = new Map([
  ['healthcheck', 'readiness'],
  ['readiness_probe', 'readiness'],
  ['readinessProbe', 'readiness'],
  ['livenessProbe', 'liveness'],
  ['env', 'environment'],
  ['entrypoint', 'command'],
  ['cmd', 'command'],
  ['exec', 'command'],
  ['directory', 'working_dir'],
  ['cwd', 'working_dir'],
  ['workdir', 'working_dir'],
  ['after', 'depends_on'],
  ['requires', 'depends_on'],
  ['stop_signal', 'stop: { signal: SIGTERM }'],
  ['stop_grace_period', 'stop: { timeout: 5s }'],
  ['interval', 'period'],
  ['retries', 'failure_threshold'],
  ['periodSeconds', 'period'],
  ['timeoutSeconds', 'timeout'],
  ['failureThreshold', 'failure_threshold'],
]);

export const FOREIGN_VALUES: ReadonlyMap<string, string> = new Map([
  ['no', 'never'],
  ['unless-stopped', 'always'],
  ['on_failure', 'on-failure'],
  ['started', 'service_started'],
  ['healthy', 'service_healthy'],
  ['completed', 'service_completed_successfully'],
]);
