// The example's backend without a container: the real gunicorn and FastAPI with HTTPS on a free port of loopback, with a key and a
// certificate that the example's own setup has made. It ends with the test, all workers included.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { within } from '../../support/deadline.ts';
import { eventually } from '../../stack/eventually.ts';
import { freePorts } from '../../stack/free-ports.ts';
import { type Answer, HttpsClient, type Question } from './https-client.ts';
import { load, type Report } from './load.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const SETUP = join(ROOT, 'examples/observastack/setup/setup');
const CONFIGURATION = join(ROOT, 'stack/sut/gunicorn.conf.py');
const UP_MS = 30_000;
const DOWN_MS = 15_000;

const settings = z.strictObject({ revision: z.int(), values: z.record(z.string(), z.json()) });
const schema = z.strictObject({
  keys: z.array(
    z.strictObject({
      name: z.string(),
      type: z.enum(['boolean', 'integer', 'number']),
      default: z.union([z.boolean(), z.number()]),
      description: z.string().min(1),
      minimum: z.number().optional(),
      maximum: z.number().optional(),
    }),
  ),
});
const worker = z.looseObject({ pid: z.int() });
const auditLine = z.looseObject({ audit: z.enum(['changed', 'refused']) });

type Values = Readonly<Record<string, boolean | number>>;

export class SutProcess implements AsyncDisposable {
  readonly directory: string;
  readonly url: string;
  readonly key: string;
  readonly #client: HttpsClient;
  readonly #port: number;
  #master: ChildProcess;

  private constructor(directory: string, port: number) {
    this.directory = directory;
    this.#port = port;
    this.url = `https://127.0.0.1:${port}`;
    this.key = readFileSync(join(directory, 'keys/api-key'), 'utf8').trim();
    this.#client = new HttpsClient(this.url, this.authority);
    this.#master = this.#spawn();
  }

  static async start(): Promise<SutProcess> {
    const directory = mkdtempSync(join(tmpdir(), 'bosun-sut-'));
    makeKeys(directory);
    const [port = 0] = await freePorts(1);
    const sut = new SutProcess(directory, port);
    try {
      await sut.isUp();
    } catch (error) {
      const output = sut.output();
      await sut[Symbol.asyncDispose]();
      throw new Error(`the backend did not come up: ${output}`, { cause: error });
    }
    return sut;
  }

  get authority(): string {
    return join(this.directory, 'ca/ca.pem');
  }

  get accessLog(): string {
    return join(this.directory, 'access.log');
  }

  get masterPid(): number {
    const { pid } = this.#master;
    if (pid === undefined) throw new Error('gunicorn was not started');
    return pid;
  }

  workerPids(): readonly number[] {
    const children = readFileSync(`/proc/${this.masterPid}/task/${this.masterPid}/children`, 'utf8');
    return children
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number)
      .sort((a, b) => a - b);
  }

  signal(signal: NodeJS.Signals): void {
    this.#master.kill(signal);
  }

  /** Ends it and starts it again on what it has left. */
  async restart(): Promise<void> {
    await this.stop();
    this.startAgain();
    await this.isUp();
  }

  /** Resolves to its exit code. */
  async stop(): Promise<number | null> {
    this.#master.kill('SIGTERM');
    return this.ended();
  }

  startAgain(): void {
    this.#master = this.#spawn();
  }

  ask(path: string, question?: Question): Promise<Answer> {
    return this.#client.ask(path, question);
  }

  /** With the key. */
  askConfig(path = '/config', question: Question = {}): Promise<Answer> {
    return this.ask(path, { ...question, headers: { 'X-API-Key': this.key, ...question.headers } });
  }

  async settings(): Promise<z.output<typeof settings>> {
    return settingsIn(await this.askConfig());
  }

  async schema(): Promise<z.output<typeof schema>['keys']> {
    return schema.parse(JSON.parse((await this.askConfig('/config/schema')).body)).keys;
  }

  patch(values: Readonly<Record<string, unknown>>, headers: Question['headers'] = {}): Promise<Answer> {
    return this.askConfig('/config', { method: 'PATCH', headers, body: JSON.stringify({ values }) });
  }

  async set(values: Values): Promise<z.output<typeof settings>> {
    return settingsIn(await this.patch(values));
  }

  async reset(): Promise<void> {
    await this.set(Object.fromEntries((await this.schema()).map((key) => [key.name, key.default])));
  }

  /** The worker that has answered. */
  async answeringPid(): Promise<number> {
    return worker.parse(JSON.parse((await this.ask('/api/hello')).body)).pid;
  }

  async load(path: string, rate: number, seconds: number): Promise<Report> {
    return (await load({ url: this.url + path, authority: this.authority, rate, seconds })).summary;
  }

  output(): string {
    return readFileSync(join(this.directory, 'output'), 'utf8');
  }

  audit(): readonly z.output<typeof auditLine>[] {
    return this.output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => auditLine.parse(JSON.parse(line)));
  }

  async isUp(): Promise<void> {
    await eventually('the backend', UP_MS, async () =>
      (await this.ask('/api/health')).status === 200 ? true : undefined,
    );
  }

  /** The exit code when it ends by itself. */
  async ended(): Promise<number | null> {
    if (this.#master.exitCode === null && this.#master.signalCode === null)
      await within('the end of gunicorn', once(this.#master, 'exit'), DOWN_MS);
    return this.#master.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined);
    try {
      // It leads a group: no worker of a gunicorn that had to be killed may outlive the test.
      process.kill(-this.masterPid, 'SIGKILL');
    } catch {
      // All have gone.
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  #spawn(): ChildProcess {
    const output = openSync(join(this.directory, 'output'), 'a');
    const child = spawn('gunicorn', ['--config', CONFIGURATION, 'app:app'], {
      detached: true,
      stdio: ['ignore', output, output],
      env: {
        ...process.env,
        PYTHONDONTWRITEBYTECODE: '1',
        SUT_STATE_DIR: join(this.directory, 'state'),
        SUT_API_KEY_FILE: join(this.directory, 'keys/api-key'),
        SUT_CERTIFICATE_FILE: join(this.directory, 'tls/server.pem'),
        SUT_CERTIFICATE_KEY_FILE: join(this.directory, 'tls/server.key'),
        SUT_BIND: `127.0.0.1:${this.#port}`,
        SUT_ACCESS_LOG: this.accessLog,
        WEB_CONCURRENCY: '2',
      },
    });
    closeSync(output);
    return child;
  }
}

/** As the example's one-time container does it. */
export function makeKeys(directory: string): string {
  const places = { KEYS_DIR: 'keys', TLS_DIR: 'tls', CA_DIR: 'ca' };
  const env = Object.fromEntries(
    Object.entries(places).map(([name, place]) => [name, join(directory, place)]),
  );
  for (const place of Object.values(env)) mkdirSync(place, { recursive: true });
  const { status, stdout, stderr } = spawnSync(SETUP, { env: { ...process.env, ...env }, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the setup ended with ${status}: ${stderr}`);
  return stdout;
}

export function settingsIn(answer: Answer): z.output<typeof settings> {
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`);
  return settings.parse(JSON.parse(answer.body));
}
