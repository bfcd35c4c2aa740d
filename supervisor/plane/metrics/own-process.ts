// Bosun's own process: the process_ and nodejs_ metrics that dashboards for Node know, by prom-client. Its own defaults measure with a timer and a
// histogram that wake the thread all the time; these are looked up when somebody scrapes. What V8 tells is about the control plane's thread.
import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Counter, Gauge, Registry } from 'prom-client';
import type { ExpositionFormat } from './exposition.ts';
import type { ProcFiles } from './proc-files.ts';

export class OwnProcess {
  readonly #registries: Readonly<Record<ExpositionFormat, Pick<Registry, 'metrics'>>>;

  constructor(files: Pick<ProcFiles, 'countFds' | 'limits'>) {
    const text = new Registry();
    const openmetrics = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
    openmetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    this.#registries = { text, openmetrics };
    const metrics = [...processMetrics(files), ...nodeMetrics()];
    for (const metric of metrics) {
      text.registerMetric(metric);
      openmetrics.registerMetric(metric);
    }
  }

  /** Without the end that OpenMetrics asks for: more may follow. */
  async text(format: ExpositionFormat): Promise<string> {
    const text = await this.#registries[format].metrics();
    // OpenMetrics takes no empty line.
    return `${text
      .replace(/# EOF\n?$/, '')
      .replaceAll('\n\n', '\n')
      .trimEnd()}\n`;
  }
}

/** In no registry but those above. */
const NOWHERE = { registers: [] };

type Metric = Counter | Gauge;

function processMetrics(files: Pick<ProcFiles, 'countFds' | 'limits'>): readonly Metric[] {
  return [
    counter('process_cpu_user_seconds_total', 'User CPU time of Bosun.', () => process.cpuUsage().user / 1e6),
    counter(
      'process_cpu_system_seconds_total',
      'System CPU time of Bosun.',
      () => process.cpuUsage().system / 1e6,
    ),
    counter('process_cpu_seconds_total', 'CPU time of Bosun.', () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    }),
    gauge('process_start_time_seconds', 'When Bosun started, in seconds since the epoch.', startTime),
    gauge('process_resident_memory_bytes', 'Resident memory of Bosun.', () => process.memoryUsage.rss()),
    gauge('process_virtual_memory_bytes', 'Virtual memory of Bosun.', virtualMemory),
    gauge('process_open_fds', 'Open file descriptors of Bosun.', () => files.countFds(process.pid) ?? 0),
    gauge('process_max_fds', 'How many file descriptors Bosun may have.', () => {
      const soft = /^Max open files +(\d+)/m.exec(files.limits(process.pid) ?? '')?.[1];
      return Number(soft ?? 0);
    }),
  ];
}

function nodeMetrics(): readonly Metric[] {
  return [
    gauge(
      'nodejs_eventloop_lag_seconds',
      'How long the control plane took to its next turn, at this scrape.',
      lag,
    ),
    gauge(
      'nodejs_heap_size_total_bytes',
      'Heap of the control plane.',
      () => process.memoryUsage().heapTotal,
    ),
    gauge(
      'nodejs_heap_size_used_bytes',
      'Heap of the control plane, in use.',
      () => process.memoryUsage().heapUsed,
    ),
    gauge(
      'nodejs_external_memory_bytes',
      'Memory that belongs to its objects, outside of the heap.',
      () => process.memoryUsage().external,
    ),
  ];
}

function gauge(name: string, help: string, value: () => number | Promise<number>): Gauge {
  return new Gauge({
    ...NOWHERE,
    name,
    help,
    async collect() {
      this.set(await value());
    },
  });
}

function counter(name: string, help: string, value: () => number): Counter {
  return new Counter({
    ...NOWHERE,
    name,
    help,
    collect() {
      this.reset();
      this.inc(value());
    },
  });
}

async function lag(): Promise<number> {
  const beganAtMs = performance.now();
  await nextTurn();
  return (performance.now() - beganAtMs) / 1000;
}

/** Not performance.timeOrigin, which is the thread's. */
function startTime(): number {
  return Date.now() / 1000 - process.uptime();
}

/** proc_pid_status(5): VmSize in kB. */
function virtualMemory(): number {
  try {
    const kilobytes = /^VmSize:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
