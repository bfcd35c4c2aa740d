// Every metric of Bosun's own: the one table from which the answer to a scrape, docs/reference/metrics.md and the tests are made. Names and units as
// Prometheus wants them; what has `_total` counts up for as long as Bosun lives, unless it says otherwise.

export type MetricFamily = {
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'summary';
  readonly help: string;
  readonly labels: readonly string[];
};

const SERVICE = ['service'];

export const FAMILIES = {
  buildInfo: gauge('bosun_build_info', 'Always 1; which Bosun this is, and what it runs on.', [
    'version',
    'node',
  ]),
  fleetPhase: gauge('bosun_fleet_phase', '1 for the phase that the whole is in.', ['phase']),
  state: gauge('bosun_service_state', '1 for the state that the service is in, 0 for the others.', [
    'service',
    'state',
  ]),
  wanted: gauge(
    'bosun_service_wanted',
    '1 when it is wanted up, 0 when the operator wants it down.',
    SERVICE,
  ),
  ready: gauge('bosun_service_ready', '1 when it is ready, or has completed what it is for.', SERVICE),
  starts: counter('bosun_service_starts_total', 'Starts, the first one and failed ones too.', SERVICE),
  restarts: counter('bosun_service_restarts_total', 'Restarts, by what they were for.', [
    'service',
    'reason',
  ]),
  exits: counter('bosun_service_exits_total', 'Ends of its main process, by reason.', ['service', 'reason']),
  lastExitCode: gauge(
    'bosun_service_last_exit_code',
    'How its last run ended: the exit code, or 128 and the number of the signal.',
    SERVICE,
  ),
  startTime: gauge(
    'bosun_service_start_time_seconds',
    'When the run that lives was started, in seconds since the epoch.',
    SERVICE,
  ),
  readySeconds: gauge(
    'bosun_service_ready_seconds',
    'How long its last start took until it was ready for the first time.',
    SERVICE,
  ),
  cpu: counter(
    'bosun_service_cpu_seconds_total',
    'CPU time of its processes, those included that have ended.',
    ['service', 'mode'],
  ),
  residentMemory: gauge(
    'bosun_service_resident_memory_bytes',
    'Resident memory of its processes; what they share counts for each of them.',
    SERVICE,
  ),
  proportionalMemory: gauge(
    'bosun_service_proportional_memory_bytes',
    'Memory of its processes, what is shared in equal parts (PSS). With pss=true only: it is slow.',
    SERVICE,
  ),
  memoryLimit: gauge('bosun_service_memory_limit_bytes', 'Its limits.memory.', SERVICE),
  openFds: gauge('bosun_service_open_fds', 'Open file descriptors of its processes, all together.', SERVICE),
  highestOpenFds: gauge(
    'bosun_service_highest_open_fds',
    'Open file descriptors of that of its processes which has most.',
    SERVICE,
  ),
  maxFds: gauge(
    'bosun_service_max_fds',
    'How many descriptors each of its processes may have: the soft limit of its main process.',
    SERVICE,
  ),
  threads: gauge('bosun_service_threads', 'Threads of its processes.', SERVICE),
  processes: gauge(
    'bosun_service_processes',
    'Its living processes, wherever they are in the tree.',
    SERVICE,
  ),
  connections: gauge('bosun_service_network_connections', 'TCP sockets of its processes, by state.', [
    'service',
    'state',
  ]),
  io: counter(
    'bosun_service_io_bytes_total',
    'What its processes have read from and written to storage, those included that have ended.',
    ['service', 'direction'],
  ),
  probeUp: gauge('bosun_probe_up', '1 when the newest answer of the probe in this run is good.', [
    'service',
    'probe',
  ]),
  probeRuns: counter('bosun_probe_runs_total', 'Answers of the probe.', ['service', 'probe', 'result']),
  probeDuration: summary(
    'bosun_probe_duration_seconds',
    'How long the probe took to answer, or its timeout.',
    ['service', 'probe'],
  ),
  orphansReaped: counter(
    'bosun_orphans_reaped_total',
    'Ended processes that nobody else would have waited for.',
    [],
  ),
  controlPlaneStarts: counter(
    'bosun_control_plane_starts_total',
    'Starts of the control plane; more than one means that it has failed and was replaced.',
    [],
  ),
  logBytes: counter(
    'bosun_log_bytes_total',
    'What the service has written to its standard streams.',
    SERVICE,
  ),
  logDropped: counter('bosun_log_dropped_total', 'Log lines that did not get to where they belong.', [
    'service',
    'output',
  ]),
  logMasked: counter('bosun_log_masked_total', 'Secrets that were masked in its log.', SERVICE),
  sinkUp: gauge('bosun_log_sink_up', '1 when the sink takes lines, 0 while it is tried again.', ['sink']),
  sinkQueuedLines: gauge('bosun_log_sink_queued_lines', 'Lines that wait to be sent.', ['sink']),
  sinkQueuedBytes: gauge('bosun_log_sink_queued_bytes', 'Size of its queue on the disk.', ['sink']),
  sinkQueueLimit: gauge('bosun_log_sink_queue_limit_bytes', 'How large its queue may get.', ['sink']),
  sinkLines: counter(
    'bosun_log_sink_lines_total',
    'Lines that were sent, lost from a full queue, or refused for good.',
    ['sink', 'result'],
  ),
  events: counter('bosun_events_total', 'Events since the journal was begun: the id of the newest one.', []),
  journalUp: gauge('bosun_journal_up', '1 when events are written to the disk, 0 while they are held.', []),
  journalHeld: gauge('bosun_journal_held_events', 'Events that wait to be written to the disk.', []),
  journalLost: gauge('bosun_journal_lost_events', 'Events of this outage that could not be held.', []),
  jobs: gauge('bosun_jobs', 'Jobs that are known, by state.', ['state']),
  apiRequests: counter(
    'bosun_api_requests_total',
    'Requests, by route and status class. Of this control plane: it begins anew with the next one.',
    ['method', 'route', 'status'],
  ),
  scrapeSeconds: gauge(
    'bosun_scrape_process_seconds',
    'How long it took to look up what the processes use, for this answer.',
    [],
  ),
} as const satisfies Readonly<Record<string, MetricFamily>>;

function gauge(name: string, help: string, labels: readonly string[]): MetricFamily {
  return { name, type: 'gauge', help, labels };
}

function counter(name: string, help: string, labels: readonly string[]): MetricFamily {
  return { name, type: 'counter', help, labels };
}

function summary(name: string, help: string, labels: readonly string[]): MetricFamily {
  return { name, type: 'summary', help, labels };
}
