// The answer to a scrape. What is counted is counted elsewhere; everything else is looked up now, once, for all who ask meanwhile. Between two scrapes
// nothing is done.
import { pidOf } from '../../core/service-state.ts';
import type { JournalView } from '../../wire/service-view.ts';
import type { SinkStatus } from '../logs/shipping/sink-status.ts';
import type { FleetView } from '../views/fleet-view.ts';
import { Exposition, label, sample, type ExpositionFormat } from './exposition.ts';
import { FAMILIES } from './families.ts';
import { writeFleet, writeJournal, writeSinks } from './fleet-metrics.ts';
import type { OwnProcess } from './own-process.ts';
import { procFiles, type ProcFiles } from './proc-files.ts';
import type { Leaders } from './process-owners.ts';
import { ProcessSampler, type SampleRequest, type TreeSample } from './process-sampler.ts';
import { RequestCounts } from './request-counts.ts';
import { labelled, writeServices } from './service-metrics.ts';
import { SharedMetrics } from './shared-metrics.ts';
import { writeTrees } from './tree-metrics.ts';

export type MetricsParts = {
  readonly view: FleetView;
  readonly version: string;
  readonly enginePid: number;
  readonly journal: () => JournalView;
  /** Rejects when the queues cannot be read. */
  readonly sinks: () => Promise<readonly SinkStatus[]>;
  readonly files?: ProcFiles;
};

export type Scrape = {
  readonly format: ExpositionFormat;
  readonly memory: SampleRequest['memory'];
};

type Sampled = { readonly trees: ReadonlyMap<string, TreeSample>; readonly tookSeconds: number };

export class Metrics {
  readonly requests = new RequestCounts();
  readonly shared = new SharedMetrics();
  readonly #parts: MetricsParts;
  readonly #files: ProcFiles;
  readonly #sampler: ProcessSampler;
  readonly #underWay = new Map<SampleRequest['memory'], Promise<Sampled>>();
  #turn: Promise<unknown> = Promise.resolve();
  #own: Promise<OwnProcess> | undefined;

  constructor(parts: MetricsParts) {
    this.#parts = parts;
    this.#files = parts.files ?? procFiles;
    this.#sampler = new ProcessSampler(this.#files, parts.enginePid);
  }

  async scrape({ format, memory }: Scrape): Promise<string> {
    const sampled = this.#sample(memory);
    const [sinks, own, { trees, tookSeconds }] = await Promise.all([
      this.#sinks(),
      this.#ownText(format),
      sampled,
    ]);
    const { view, version, journal } = this.#parts;
    const services = labelled(view.all());
    const to = new Exposition(format);
    writeFleet(to, view, version);
    writeServices(to, services);
    this.shared.write(to, services);
    const lists = [...trees].map(([service, of]) => ({ labels: label('service', service), of }));
    writeTrees(to, lists);
    writeSinks(to, sinks);
    writeJournal(to, journal());
    this.requests.write(to);
    to.family(FAMILIES.scrapeSeconds, sample(FAMILIES.scrapeSeconds.name, '', tookSeconds));
    to.append(own);
    return to.text;
  }

  /** One at a time; those who want the same get the same. */
  #sample(memory: SampleRequest['memory']): Promise<Sampled> {
    const underWay = this.#underWay.get(memory);
    if (underWay !== undefined) return underWay;
    const sampled = this.#turn
      .then(() => this.#take(memory))
      .finally(() => {
        this.#underWay.delete(memory);
      });
    this.#underWay.set(memory, sampled);
    // Whoever asked hears of a failure; the next one is not held up by it.
    this.#turn = sampled.catch(() => undefined);
    return sampled;
  }

  async #take(memory: SampleRequest['memory']): Promise<Sampled> {
    const { services, jobs } = this.#parts.view.fleet;
    const leaders: Map<number, string | undefined> & Leaders = new Map();
    for (const { name, state } of services) {
      const pid = pidOf(state);
      if (pid !== undefined) leaders.set(pid, name);
    }
    for (const { state } of jobs)
      if (state.kind === 'running' || state.kind === 'stopping') leaders.set(state.pid, undefined);
    const waited = new Map(services.map(({ name }) => [name as string, this.shared.waitedFor(name)]));
    const beganAtMs = performance.now();
    const trees = await this.#sampler.sample({ leaders, waited, memory });
    return { trees, tookSeconds: (performance.now() - beganAtMs) / 1000 };
  }

  /** A queue that cannot be read is no reason to show nothing at all. */
  async #sinks(): Promise<readonly SinkStatus[]> {
    try {
      return await this.#parts.sinks();
    } catch {
      return [];
    }
  }

  /** Loaded here: a control plane that nobody scrapes does not pay for the package. */
  async #ownText(format: ExpositionFormat): Promise<string> {
    this.#own ??= import('./own-process.ts').then(({ OwnProcess: Own }) => new Own(this.#files));
    return await (await this.#own).text(format);
  }
}
