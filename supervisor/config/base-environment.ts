// Which of Bosun's own variables a service starts with. Everything that was given to the container, except what was meant for
// Bosun alone: a service that took these for its own would talk to the wrong process.

/**
 * Names of the protocols by which a supervisor speaks to its child: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3), and
 * Node's IPC channel. Whole names: LISTEN_PORT or WATCHDOG_URL belong to the applications.
 */
const FOR_BOSUN_ALONE: ReadonlySet<string> = new Set([
  'NOTIFY_SOCKET',
  'WATCHDOG_PID',
  'WATCHDOG_USEC',
  'LISTEN_FDS',
  'LISTEN_FDNAMES',
  'LISTEN_PID',
  'LISTEN_PIDFDID',
  'NODE_CHANNEL_FD',
  'NODE_CHANNEL_SERIALIZATION_MODE',
  'NODE_UNIQUE_ID',
]);

/** Options for the Node.js that runs Bosun; the launcher keeps those of the container in the second. */
const NODE_OPTIONS = 'NODE_OPTIONS';
const SERVICE_NODE_OPTIONS = 'BOSUN_SERVICE_NODE_OPTIONS';

export type Environment = Readonly<Record<string, string>>;

/** process.env as what it is: its type allows undefined values, which it never has. */
export function definedOnly(environment: Readonly<Record<string, string | undefined>>): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** `service` becomes BOSUN_SERVICE; BOSUN_SOCKET stays, because services call bosunctl. */
export function baseEnvironment(own: Environment, service: string): Record<string, string> {
  const kept = Object.entries(own).filter(([name]) => isForServices(name));
  const nodeOptions = own[SERVICE_NODE_OPTIONS];
  return {
    ...Object.fromEntries(kept),
    ...(nodeOptions === undefined ? {} : { [NODE_OPTIONS]: nodeOptions }),
    BOSUN_SERVICE: service,
  };
}

function isForServices(name: string): boolean {
  if (name === 'BOSUN_SOCKET') return true;
  return !name.startsWith('BOSUN_') && name !== NODE_OPTIONS && !FOR_BOSUN_ALONE.has(name);
}
