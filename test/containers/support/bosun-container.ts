// A container of Bosun's image, with the services of a test at /etc/bosun. It has a name of its own and is removed with the
// test, however the test ends.
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventsView, type EventView } from '../../../supervisor/wire/event-view.ts';
import { servicesView, type ServiceView } from '../../../supervisor/wire/service-view.ts';
import { until } from '../../support/deadline.ts';
import type { OutputLines } from '../../support/output-lines.ts';
import { client, docker, IMAGE, linesOf, mustDocker, RUN, type Said } from './docker.ts';

const UP_MS = 30_000;

export type ContainerOptions = {
  /** Options of `docker run`. */
  readonly docker?: readonly string[];
  /** File name without ending to YAML text. */
  readonly services?: Readonly<Record<string, string>>;
  /** bosun.yaml beside them. */
  readonly fleet?: string;
  /** After the image. */
  readonly args?: readonly string[];
};

export class BosunContainer implements AsyncDisposable {
  readonly name = `bosun-test-${randomUUID().slice(0, 13)}`;
  readonly #directory = mkdtempSync(join(tmpdir(), 'bosun-container-'));
  readonly #watchers: ChildProcess[] = [];
  #control: 'not-seen' | 'seen' = 'not-seen';

  #log: OutputLines | undefined;

  private constructor({ services = {}, fleet }: ContainerOptions) {
    // Bosun may be run as somebody else.
    chmodSync(this.#directory, 0o755);
    mkdirSync(join(this.#directory, 'services.d'));
    if (fleet !== undefined) writeFileSync(join(this.#directory, 'bosun.yaml'), fleet);
    for (const [name, text] of Object.entries(services)) this.writeService(name, text);
  }

  /** Created, not started. */
  static async create(options: ContainerOptions): Promise<BosunContainer> {
    const container = new BosunContainer(options);
    try {
      await mustDocker('create', ...container.#runArguments(options));
    } catch (error) {
      await container[Symbol.asyncDispose]();
      throw error;
    }
    return container;
  }

  static async start(options: ContainerOptions): Promise<BosunContainer> {
    const container = await BosunContainer.create(options);
    try {
      await mustDocker('start', container.name);
      container.#followLogs(options);
    } catch (error) {
      await container[Symbol.asyncDispose]();
      throw error;
    }
    return container;
  }

  /** Arguments of `docker run` for a terminal or a pipe of the caller's. */
  static forClient(options: ContainerOptions): { container: BosunContainer; args: readonly string[] } {
    const container = new BosunContainer(options);
    return { container, args: ['run', ...container.#runArguments(options)] };
  }

  writeService(name: string, text: string): void {
    const file = join(this.#directory, 'services.d', `${name}.yaml`);
    writeFileSync(file, text, { mode: 0o644 });
  }

  removeService(name: string): void {
    rmSync(join(this.#directory, 'services.d', `${name}.yaml`));
  }

  /** Its standard output, from the first line on, also when it has ended. */
  get log(): OutputLines {
    if (this.#log === undefined) throw new Error('its log is not followed');
    return this.#log;
  }

  /** What Bosun itself has written there of its events: `stopping web`. */
  told(): readonly string[] {
    return this.log.lines.flatMap((line) => {
      const { service, event, subject } = parseLine(line);
      return service === 'bosun' && event !== undefined ? [[event, subject ?? []].flat().join(' ')] : [];
    });
  }

  exec(...command: readonly string[]): Promise<Said> {
    return docker('exec', this.name, ...command);
  }

  /** A command of the image, or a line for its shell, that must succeed; resolves to stdout. */
  async shell(script: string): Promise<string> {
    return mustDocker('exec', this.name, 'sh', '-c', script);
  }

  async ctl(...args: readonly string[]): Promise<Said> {
    if (this.#control === 'not-seen') await this.#reachable();
    return this.exec('bosunctl', ...args);
  }

  /** The services are started before the control plane. */
  async #reachable(): Promise<void> {
    await until(
      `the control socket of ${this.name}`,
      async () => (await this.exec('bosunctl', 'status')).code === 0,
      UP_MS,
    );
    this.#control = 'seen';
  }

  /** Undefined while Bosun does not answer or has no such service. */
  async find(service: string): Promise<ServiceView | undefined> {
    const { code, stdout } = await this.ctl('status', '--json');
    if (code !== 0) return undefined;
    return servicesView.parse(JSON.parse(stdout)).services.find(({ name }) => name === service);
  }

  async status(service: string): Promise<ServiceView> {
    const view = await this.find(service);
    if (view === undefined) throw new Error(`there is no service ${service}`);
    return view;
  }

  async reaches(service: string, state: ServiceView['state']): Promise<ServiceView> {
    return until(
      `${service} to be ${state}`,
      async () => {
        const view = await this.find(service);
        return view?.state === state ? view : undefined;
      },
      UP_MS,
    );
  }

  /** Oldest first. */
  async events(): Promise<readonly EventView[]> {
    const { stdout } = await this.ctl('events', '--json', '--after', '0');
    return eventsView.parse(JSON.parse(stdout)).events;
  }

  /** One field of `docker inspect`. */
  inspect(template: string): Promise<string> {
    return mustDocker('inspect', '--format', template, this.name);
  }

  /** Its exit code, when it has ended. */
  async ended(): Promise<number> {
    return Number(await mustDocker('wait', this.name));
  }

  /** `docker stop`: its exit code and how long that took. */
  async stop(): Promise<{ code: number; ms: number }> {
    const startedMs = performance.now();
    await mustDocker('stop', this.name);
    const ms = performance.now() - startedMs;
    return { code: Number(await this.inspect('{{.State.ExitCode}}')), ms };
  }

  /** Of the HEALTHCHECK. */
  async becomes(health: 'healthy' | 'unhealthy'): Promise<void> {
    await until(
      `${this.name} to be ${health}`,
      async () => (await this.inspect('{{.State.Health.Status}}')) === health,
      UP_MS,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await docker('rm', '-f', '-v', this.name);
    } finally {
      await this.#endWatchers();
      rmSync(this.#directory, { recursive: true, force: true });
    }
  }

  async #endWatchers(): Promise<void> {
    for (const child of this.#watchers) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }

  #runArguments({ docker: options = [], args = [], services, fleet }: ContainerOptions): readonly string[] {
    const mount =
      services === undefined && fleet === undefined ? [] : ['-v', `${this.#directory}:/etc/bosun:ro`];
    const label = ['--label', `bosun.test.run=${RUN}`];
    return ['--name', this.name, ...label, ...mount, ...options, IMAGE, ...args];
  }

  /** Only the engine's own log driver can be read back. */
  #followLogs({ docker: options = [] }: ContainerOptions): void {
    if (options.includes('--log-driver')) return;
    const child = client(['logs', '--follow', this.name], ['ignore', 'pipe', 'ignore']);
    this.#watchers.push(child);
    this.#log = linesOf(child.stdout);
  }
}

type Line = { readonly service?: string; readonly event?: string; readonly subject?: string };

function parseLine(line: string): Line {
  return line.startsWith('{') ? (JSON.parse(line) as Line) : {};
}
