// The example of examples/observastack under a real engine, started by Docker Compose as a user would: its own project, so that
// several runs do not meet; all of it is taken down with the test.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import * as z from 'zod';
import { eventsView, type EventView } from '../../supervisor/wire/event-view.ts';
import { servicesView, type ServiceView } from '../../supervisor/wire/service-view.ts';
import { eventually } from '../stack/eventually.ts';
import { until, within } from '../support/deadline.ts';
import { OutputLines } from '../support/output-lines.ts';
import { clientCommand, docker, IMAGE, mustDocker, type Said } from './support/docker.ts';

const DIRECTORY = resolve(import.meta.dirname, '../../examples/observastack');
const [CLIENT = 'docker'] = clientCommand([]);
const COMPOSE = process.env['BOSUN_TEST_COMPOSE'] ?? 'docker-compose';
/** Images are built from nothing, packages and all. */
const BUILD_MS = 280_000;
const COMPOSE_MS = 120_000;
const AGENT_MS = 30_000;

type Service = 'process-namespace' | 'sut-backend' | 'control-agent';

const containerState = z.looseObject({
  Status: z.string(),
  ExitCode: z.int(),
  Pid: z.int(),
  OOMKilled: z.boolean(),
  Error: z.string(),
});
const engineEvent = z.looseObject({
  timeNano: z.number(),
  Actor: z.looseObject({ Attributes: z.record(z.string(), z.string()) }),
});

type Death = { readonly exitCode: number; readonly atMs: number };

export class Observastack implements AsyncDisposable {
  readonly project = `bosun-observastack-${randomUUID().slice(0, 8)}`;
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(environment: Readonly<Record<string, string>>) {
    this.#environment = environment;
  }

  /** `environment`: variables of compose.yaml. Resolves when all of it is up and healthy. */
  static async start(environment: Readonly<Record<string, string>> = {}): Promise<Observastack> {
    const stack = new Observastack(environment);
    try {
      await stack.compose(['build', 'setup', 'sut-backend', 'load-generator'], BUILD_MS);
      await stack.up();
    } catch (error) {
      await stack[Symbol.asyncDispose]();
      throw error;
    }
    return stack;
  }

  async up(): Promise<void> {
    await this.compose(['up', '-d', '--no-build']);
    await this.attached();
  }

  /** Runs it to its end; resolves to what it has written to stdout. */
  async compose(args: readonly string[], limitMs = COMPOSE_MS): Promise<string> {
    const { code, stdout, stderr } = await this.#run([COMPOSE, ...args], limitMs);
    if (code !== 0) throw new Error(`compose ${args.join(' ')} ended with ${String(code)}: ${stderr}`);
    return stdout;
  }

  /** Commands as README.md has them, in its directory, with the `docker compose` and `docker` of this test. */
  script(text: string, limitMs: number): Promise<Said> {
    const shell = `docker() { if [ "$1" = compose ]; then shift; ${COMPOSE} "$@"; else ${CLIENT} "$@"; fi; }`;
    return this.#run(['bash', '-euxo', 'pipefail', '-c', `${shell}\n${text}`], limitMs);
  }

  async #run([program = '', ...args]: readonly string[], limitMs: number): Promise<Said> {
    const env = {
      ...process.env,
      COMPOSE_PROJECT_NAME: this.project,
      BOSUN_IMAGE: IMAGE,
      DOCKER_BUILDKIT: '1',
      COMPOSE_DOCKER_CLI_BUILD: '1',
      ...this.#environment,
    };
    const child = spawn(program, args, {
      cwd: DIRECTORY,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
    });
    const [stdout, stderr] = [new OutputLines(child.stdout), new OutputLines(child.stderr)];
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout: stdout.text, stderr: stderr.text };
  }

  async container(service: Service): Promise<string> {
    const labels = { project: this.project, service, oneoff: 'False' };
    const filters = Object.entries(labels).flatMap(([name, value]) => [
      '--filter',
      `label=com.docker.compose.${name}=${value}`,
    ]);
    return mustDocker('ps', '-aq', ...filters);
  }

  async state(service: Service): Promise<z.output<typeof containerState>> {
    const text = await mustDocker('inspect', '-f', '{{json .State}}', await this.container(service));
    return containerState.parse(JSON.parse(text));
  }

  /** Its address on one of the networks. */
  async address(service: Service, network: 'public_tier' | 'control_tier'): Promise<string> {
    const format = `{{(index .NetworkSettings.Networks "${this.network(network)}").IPAddress}}`;
    return mustDocker('inspect', '-f', format, await this.container(service));
  }

  network(name: 'public_tier' | 'control_tier'): string {
    return `${this.project}_${name}`;
  }

  async exec(service: Service, ...command: readonly string[]): Promise<Said> {
    return docker('exec', await this.container(service), ...command);
  }

  async mustExec(service: Service, ...command: readonly string[]): Promise<string> {
    return mustDocker('exec', await this.container(service), ...command);
  }

  /** `bosunctl ARGS` in the agent's container, which must succeed. */
  ctl(...args: readonly string[]): Promise<string> {
    return this.mustExec('control-agent', 'bosunctl', ...args);
  }

  /** The backend as the agent sees it, once it has it. */
  async attached(): Promise<ServiceView & { readonly pid: number }> {
    return eventually('the agent to have the backend', AGENT_MS, async () => {
      const { services } = servicesView.parse(JSON.parse(await this.ctl('status', '--json')));
      const [view] = services;
      return view?.state === 'running' && view.pid !== null ? { ...view, pid: view.pid } : undefined;
    });
  }

  /** Of this life of the agent, oldest first. */
  async events(): Promise<readonly EventView[]> {
    return eventsView.parse(JSON.parse(await this.ctl('events', '--json', '--after', '0'))).events;
  }

  /** The children of gunicorn's master, as the shared namespace numbers them. */
  async workers(): Promise<readonly number[]> {
    const { pid } = await this.attached();
    const children = await this.mustExec('control-agent', 'cat', `/proc/${pid}/task/${pid}/children`);
    return children.trim().split(' ').filter(Boolean).map(Number);
  }

  /** Two workers, none of them one of the old ones. */
  async freshWorkers(old: readonly number[]): Promise<readonly number[]> {
    return eventually('new workers alone', AGENT_MS, async () => {
      const workers = await this.workers();
      return workers.length === 2 && !workers.some((pid) => old.includes(pid)) ? workers : undefined;
    });
  }

  /** Resolves when the backend answers. */
  async healthy(): Promise<void> {
    const command = [
      'python3',
      '/opt/sut/healthcheck.py',
      'https://localhost:8443/api/health',
      '/run/ca/ca.pem',
    ];
    await eventually('the backend to answer', AGENT_MS, async () => {
      return (await this.exec('sut-backend', ...command)).code === 0 || undefined;
    });
  }

  /** All that a container has written. */
  async logs(service: Service): Promise<string> {
    const { stdout, stderr } = await docker('logs', await this.container(service));
    return stdout + stderr;
  }

  /** A program of Node.js in a new container on a network; resolves to what it prints. */
  async node(network: string, program: string): Promise<string> {
    const place = ['--network', network, '--volume', `${this.project}_ca:/run/ca:ro`];
    const image = ['--entrypoint', 'node', 'observastack-load-generator'];
    return mustDocker('run', '--rm', ...place, ...image, '--input-type=module', '-e', program);
  }

  async load(path: string, rate: number, seconds: number): Promise<Readonly<Record<string, number>>> {
    const options = ['--url', `https://sut-backend:8443${path}`, '--ca', '/run/ca/ca.pem'];
    const amount = ['--rate', String(rate), '--duration', String(seconds)];
    const output = await this.compose(['run', '--rm', 'load-generator', ...options, ...amount]);
    const summary = output.trim().split('\n').at(-1) ?? '';
    return z.looseObject({ statuses: z.record(z.string(), z.number()) }).parse(JSON.parse(summary)).statuses;
  }

  /** The first end of a container after this moment; both by the engine's clock, which is this machine's. */
  async deathAfter(service: Service, sinceMs: number): Promise<Death> {
    const options = ['--filter', `container=${await this.container(service)}`, '--filter', 'event=die'];
    return until(`${service} to end`, async () => {
      const range = ['--since', (sinceMs / 1000).toFixed(3), '--until', (Date.now() / 1000).toFixed(3)];
      const [line = ''] = (await mustDocker('events', ...range, ...options, '--format', '{{json .}}')).split(
        '\n',
      );
      if (line === '') return undefined;
      const { Actor, timeNano } = engineEvent.parse(JSON.parse(line));
      return { exitCode: Number(Actor.Attributes['exitCode']), atMs: timeNano / 1e6 };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await within('compose down', this.compose(['down', '-v', '-t', '5']), COMPOSE_MS);
  }
}
