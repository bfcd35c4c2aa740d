// Attached services with a real Bosun: in the PID namespace of another container's processes, as `pid: service:backend` makes it, and beside
// processes that somebody else has started.
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import type { ServiceView } from '../../supervisor/wire/service-view.ts';
import { childrenOf, Container, type ContainerOptions, processState } from '../support/container.ts';
import { until, within } from '../support/deadline.ts';

const CTL = resolve(import.meta.dirname, '../../bin/bosunctl');
const ROUNDS = 5;
/** A bound on a hang, on a machine with other things to do. */
const START_MS = 30_000;
/** Shared fate: so soon after the backend the agent is gone too. Measured: a sixth of it. */
const AT_ONCE_MS = 1000;
/** Two workers that their master starts anew at HUP. */
const MASTER = `
worker() { bash -c 'exec -a "gunicorn: worker" sleep 100000' & }
start() { worker; one=$!; worker; two=$!; }
trap 'kill $one $two; start' HUP
trap 'kill $one $two; exit 0' TERM
start
while :; do sleep 0.02; done
`;

/** The backend's container: an init that waits for whatever comes to it, and the master, which it starts once. */
class Backend implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'bosun-backend-'));
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor() {
    const script = join(this.#directory, 'master');
    writeFileSync(script, MASTER);
    const init = `(exec -a "gunicorn: master" bash '${script}') & while :; do sleep 0.05; done`;
    const words = ['--pid', '--fork', '--mount-proc', '--kill-child', 'bash', '-c', init];
    this.#child = spawn('unshare', words, { stdio: 'ignore' });
    this.#ended = once(this.#child, 'close');
  }

  /** As this namespace sees them. */
  async init(): Promise<number> {
    return until('the init of the backend', () => childrenOf(this.#child.pid ?? 0)[0]);
  }

  async master(): Promise<number> {
    const init = await this.init();
    return until('the master', () =>
      childrenOf(init).find((pid) => argumentsOf(pid).startsWith('gunicorn: master')),
    );
  }

  async workers(): Promise<readonly number[]> {
    const master = await this.master();
    return until('two workers', () => {
      const found = childrenOf(master).filter((pid) => argumentsOf(pid).startsWith('gunicorn: worker'));
      return found.length === 2 ? found : undefined;
    });
  }

  /** Bosun in another container, which shares this one's PID namespace. */
  async agent(services: ContainerOptions['services'], options: ContainerOptions = {}): Promise<Container> {
    // Whoever ends nsenter ends Bosun.
    const words = ['--pid', '--mount', 'setpriv', '--pdeathsig', 'KILL'];
    const inside = ['nsenter', '--target', String(await this.init()), ...words];
    return new Container({
      place: 'below',
      inside,
      ...(services === undefined ? {} : { services }),
      ...options,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of childrenOf(this.#child.pid ?? 0)) process.kill(pid, 'SIGKILL');
    await within('the end of the backend', this.#ended);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** By the client: a bosunctl for each look costs more than what is looked at. */
async function reaches(
  container: Container,
  name: string,
  state: ServiceView['state'],
): Promise<ServiceView> {
  const client = new BosunClient(container.socket);
  const look = async (): Promise<ServiceView | undefined> => {
    const view = await client.service(name).catch(() => undefined);
    return view?.state === state ? view : undefined;
  };
  return until(`${name} to be ${state}; stderr: ${container.stderr.text}`, look, START_MS);
}

/** Masters that somebody else has started, in Bosun's own PID namespace; they ignore SIGTERM. */
class Masters implements AsyncDisposable {
  static #count = 0;
  readonly #word = `gunicorn-${process.pid}-${++Masters.#count}`;

  get attach(): string {
    return `type: attached\nattach: { command: "^${this.#word}: master" }\n`;
  }

  start(): void {
    const script = `trap '' TERM; exec -a '${this.#word}: master' sleep 100000`;
    execFileSync('setsid', ['--fork', 'bash', '-c', script], { stdio: 'ignore' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pids = execFileSync('ps', ['-eo', 'pid=,args=']).toString().split('\n');
    const own = pids
      .filter((line) => line.includes(`${this.#word}: master`))
      .map((line) => Number.parseInt(line, 10));
    for (const pid of own) process.kill(pid, 'SIGKILL');
    await until('they have gone', () => own.every((pid) => !isAlive(pid)));
  }
}

/** Whoever has adopted it may be slow to wait for it. */
function isAlive(pid: number | null): boolean {
  return ![undefined, 'Z'].includes(processState(pid ?? 0));
}

/** Empty of one that has ended. */
function argumentsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

const ATTACH = `type: attached
attach: { command: "^gunicorn: master" }
reload: { signal: HUP }
`;

test(`on_gone: exit, ${ROUNDS} times: the agent ends at once and not with 0, with the code of the backend`, async (t) => {
  const took: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    await using backend = new Backend();
    const other = 'command: [sleep, "100000"]\ndepends_on: [backend]\n';
    await using agent = await backend.agent({ backend: `${ATTACH}on_gone: exit\n`, other });
    const before = await backend.workers();
    await reaches(agent, 'other', 'running');
    const view = await reaches(agent, 'backend', 'running');
    assert.equal(view.type, 'attached');
    assert.equal((await agent.ctl('reload', 'backend')).code, 0);
    await until('other workers', async () => !(await backend.workers()).some((pid) => before.includes(pid)));
    const killedAtMs = performance.now();
    process.kill(await backend.master(), 'SIGKILL');
    const { code } = await agent.end();
    const tookMs = Math.round(performance.now() - killedAtMs);
    t.diagnostic(`round ${round}: exit code ${code} after ${tookMs} ms`);
    assert.equal(code, 137);
    took.push(tookMs);
  }
  // Each of them with whatever else the machine does; a wait of Bosun's own would be in all of them.
  assert.ok(Math.min(...took) < AT_ONCE_MS, `they took ${took.join(', ')} ms`);
});

test('when the init of the shared namespace ends, the kernel ends the agent too', async () => {
  await using backend = new Backend();
  await using agent = await backend.agent({ backend: `${ATTACH}on_gone: exit\n` });
  await reaches(agent, 'backend', 'running');
  process.kill(await backend.init(), 'SIGKILL');
  const { code, signal } = await agent.end();
  assert.ok(code !== 0 || signal !== null, JSON.stringify({ code, signal }));
});

test(`on_gone: wait, ${ROUNDS} times: the next one is found, and signals go to that one`, async () => {
  await using master = new Masters();
  await using agent = new Container({
    place: 'below',
    services: { backend: `${master.attach}on_gone: wait\nrestart: { delay: 10ms }\n` },
  });
  const client = new BosunClient(agent.socket);
  let before: number | null = null;
  for (let round = 1; round <= ROUNDS; round++) {
    master.start();
    const isNext = (view: ServiceView): boolean => view.state === 'running' && view.pid !== before;
    const view = await until(
      'the next one',
      async () => {
        const seen = await client.service('backend').catch(() => undefined);
        return seen !== undefined && isNext(seen) ? seen : undefined;
      },
      START_MS,
    );
    before = view.pid;
    const killed = await agent.ctl('signal', 'KILL', 'backend');
    assert.equal(killed.code, 0, killed.stderr);
    await until('it has ended', () => !isAlive(before));
  }
  const searching = await until('it is looked for', async () => {
    const view = await client.service('backend');
    return view.state === 'starting' && view.note.includes('no process') ? view : undefined;
  });
  assert.match(searching.note, /^looking for its process: no process has arguments that match/);
  assert.equal(searching.last_exit?.signal, 'SIGKILL');
  const why = await agent.ctl('why', 'backend');
  assert.match(
    why.stdout.replaceAll(/\s+/g, ' '),
    /looking for its process: no process .* Its last run was killed by SIGKILL\./,
  );
  const signalled = await agent.ctl('signal', 'HUP', 'backend');
  assert.deepEqual(
    [signalled.code, signalled.stderr.split('\n')[0]],
    [3, 'bosunctl: backend has not been found: its process is still looked for'],
  );
});

test('kill is a stop without grace, of which nothing follows', async () => {
  await using master = new Masters();
  await using agent = new Container({
    place: 'below',
    services: { backend: `${master.attach}on_gone: exit\nstop: { signal: SIGCONT, timeout: 60s }\n` },
  });
  const client = new BosunClient(agent.socket);
  master.start();
  const { pid } = await until(
    'the process',
    async () => {
      const seen = await client.service('backend').catch(() => undefined);
      return seen?.state === 'running' && seen;
    },
    START_MS,
  );
  const killed = await agent.ctl('kill', 'backend');
  assert.equal(killed.stdout, 'backend is stopped\n', killed.stderr);
  assert.ok(!isAlive(pid));
  assert.equal((await client.service('backend')).wanted, 'down');
  assert.equal((await agent.ctl('kill', 'backend')).code, 0, 'it is stopped already');
});

test('the operator stops it and starts it; Bosun, its upgrade and its end leave it alone', async () => {
  await using master = new Masters();
  await using agent = new Container({
    place: 'below',
    services: { backend: `${master.attach}stop: { timeout: 100ms }\n` },
  });
  const client = new BosunClient(agent.socket);
  master.start();
  const first = await reaches(agent, 'backend', 'running');
  // Two starts of Node.
  await promisify(execFile)(CTL, ['--socket', agent.socket, 'upgrade'], { timeout: START_MS });
  const after = await reaches(agent, 'backend', 'running');
  assert.deepEqual([after.pid, after.run, after.starts], [first.pid, first.run, 1]);
  // Its end is still seen, and the stop signal, which it ignores, is followed by SIGKILL.
  const stopped = await agent.ctl('stop', 'backend');
  assert.match(stopped.stdout, /backend is stopped/);
  assert.equal(isAlive(first.pid), false);
  assert.equal((await client.service('backend')).last_exit?.signal, 'SIGKILL');
  master.start();
  await agent.ctl('start', 'backend');
  const { pid } = await reaches(agent, 'backend', 'running');
  writeFileSync(join(agent.directory, 'services.d/other.yaml'), 'command: [sleep, "100000"]\n');
  rmSync(join(agent.directory, 'services.d/backend.yaml'));
  const applied = await agent.ctl('apply');
  assert.equal(applied.code, 0, applied.stderr);
  assert.equal(processState(pid ?? 0), 'S', 'apply without it leaves it alone');
  writeFileSync(join(agent.directory, 'services.d/backend.yaml'), master.attach);
  await agent.ctl('apply');
  assert.equal((await reaches(agent, 'backend', 'running')).pid, pid);
  await agent.signal('SIGTERM');
  assert.deepEqual(await agent.end(), { code: 0, signal: null });
  assert.equal(processState(pid ?? 0), 'S', 'the end of Bosun leaves it alone');
  const told = agent.stdout.lines.filter((line) => line.includes('is let go of: its process goes on'));
  assert.equal(told.length, 2);
});

test('without the right to signal it: found and watched, and why says what cannot be done', async () => {
  await using master = new Masters();
  await using agent = new Container({
    place: 'below',
    services: { backend: `${master.attach}stop: { timeout: 50ms }\n` },
    through: ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'],
  });
  master.start();
  const { degraded, pid } = await reaches(agent, 'backend', 'running');
  assert.match(degraded.join(), /Bosun may send it no signals .*EPERM; it runs as another user/);
  await agent.ctl('signal', 'HUP', 'backend');
  await agent.stdout.line((line) =>
    line.includes('backend cannot be sent SIGHUP: the kernel refuses (EPERM)'),
  );
  process.kill(pid ?? 0, 'SIGKILL');
  await reaches(agent, 'backend', 'starting');
});

test('what it writes is not to be had, and logs says so', async () => {
  await using master = new Masters();
  await using agent = new Container({ place: 'below', services: { backend: master.attach } });
  master.start();
  await reaches(agent, 'backend', 'running');
  const { code, stdout, stderr } = await agent.ctl('logs', 'backend');
  assert.deepEqual([code, stdout], [0, '']);
  assert.match(stderr, /backend is attached: Bosun does not have its output/);
});
