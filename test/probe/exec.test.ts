// Exec probes as they are really run: in the context of the service, each with its group killed when nobody waits for it.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createProbePort } from '../../supervisor/boot/probe-port.ts';
import type { ProbeAnswer } from '../../supervisor/core/input.ts';
import type { RunId } from '../../supervisor/core/names.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { clock } from '../../supervisor/os/clock.ts';
import { libc } from '../../supervisor/os/libc.ts';
import { ProcessTable } from '../../supervisor/os/process-table.ts';
import { createToolRunner } from '../../supervisor/os/tool.ts';
import { execProbe } from '../../supervisor/probe/exec.ts';
import { processState } from '../support/container.ts';
import { until, within } from '../support/deadline.ts';
import { service } from '../support/specs.ts';
import { probeSpec, reason } from './support/actions.ts';

class Asking implements Disposable {
  readonly answer: Promise<ProbeAnswer>;
  readonly #loop: Disposable;

  constructor(spec: ServiceSpec, command: readonly [string, ...string[]], timeoutMs = 10_000) {
    const { promise, resolve } = Promise.withResolvers<ProbeAnswer>();
    this.answer = promise;
    const probe = probeSpec({ action: { kind: 'exec', command }, timeoutMs, periodMs: 3_600_000 });
    this.#loop = createProbePort(createToolRunner(libc, new ProcessTable()), clock).start(
      spec,
      { run: 1 as RunId, purpose: 'readiness', probe, pace: 'eager' },
      0,
      resolve,
    );
  }

  [Symbol.dispose](): void {
    this.#loop[Symbol.dispose]();
  }
}

function temporary(t: TestContext): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'bosun-exec-')));
  t.after(() => {
    rmSync(directory, { recursive: true });
  });
  return directory;
}

async function ask(spec: ServiceSpec, script: string): Promise<ProbeAnswer> {
  using asking = new Asking(spec, ['sh', '-c', script]);
  return await within('the answer', asking.answer);
}

const PATH = process.env['PATH'] ?? '';

test('it has the directory, the environment and the umask of the service, and nothing of Bosun’s', async (t) => {
  const directory = temporary(t);
  const { execution } = service('a');
  const spec = service('a', {
    environment: { PATH, OWN: 'of the service' },
    workingDir: directory,
    execution: { ...execution, umask: 0o027 },
  });
  process.env['BOSUN_TEST_LEAK'] = 'yes';
  t.after(() => delete process.env['BOSUN_TEST_LEAK']);
  const script = 'echo "$PWD|$OWN|${BOSUN_TEST_LEAK-none}|$(umask)"; exit 3';
  assert.deepEqual(await ask(spec, script), {
    kind: 'failed',
    reason: `exit code 3: ${directory}|of the service|none|0027`,
  });
});

test('exit code 0 is healthy; a code, a signal and a program that is not there are said in words', async () => {
  const spec = service('a', { environment: { PATH } });
  assert.deepEqual(await ask(spec, 'echo fine'), { kind: 'ok' });
  assert.deepEqual(await ask(spec, 'exit 7'), { kind: 'failed', reason: 'exit code 7' });
  assert.deepEqual(await ask(spec, 'kill -KILL $$'), { kind: 'failed', reason: 'killed by SIGKILL' });
  using asking = new Asking(spec, ['no-such-program']);
  const answer = await within('the answer', asking.answer);
  assert.match(answer.kind === 'failed' ? answer.reason : '', /no-such-program.*ENOENT/);
});

test('a timeout of many days is not cut to 32 bits', async () => {
  const days = 60 * 86_400_000;
  using asking = new Asking(service('a', { environment: { PATH } }), ['sleep', '0.1'], days);
  assert.deepEqual(await within('the answer', asking.answer), { kind: 'ok' });
});

test('whoever notices first that it takes too long says so in the same words', async () => {
  const late = execProbe(() => Promise.resolve({ kind: 'timed-out', output: 'so far' }), 1000);
  assert.equal(await reason(late), 'no answer within 1000 ms');
});

/** A script that has a child of its own and hangs; the pids of both are in this file. */
const hanging = (file: string): string => `sleep 100000 & echo $$ $! > ${file}; wait`;

function pidsIn(file: string): readonly number[] | undefined {
  try {
    const pids = readFileSync(file, 'utf8').trim().split(' ').map(Number);
    return pids.length === 2 ? pids : undefined;
  } catch {
    return undefined;
  }
}

const isGone = (pid: number): boolean => [undefined, 'Z'].includes(processState(pid));

test('one that takes too long is a failure, and its whole group is killed', async (t) => {
  const file = join(temporary(t), 'pids');
  using asking = new Asking(service('a', { environment: { PATH } }), ['sh', '-c', hanging(file)], 1000);
  const pids = await until('the script', () => pidsIn(file));
  assert.deepEqual(await within('the answer', asking.answer), {
    kind: 'failed',
    reason: 'no answer within 1000 ms',
  });
  await until('the end of the group', () => pids.every(isGone));
});

test('one that is under way when the run ends is killed with its whole group', async (t) => {
  const file = join(temporary(t), 'pids');
  const asking = new Asking(service('a', { environment: { PATH } }), ['sh', '-c', hanging(file)], 3_600_000);
  const pids = await until('the script', () => pidsIn(file));
  t.after(() => {
    for (const pid of pids) if (!isGone(pid)) process.kill(pid, 'SIGKILL');
  });
  assert.ok(!pids.some(isGone));
  asking[Symbol.dispose]();
  await until('the end of the group', () => pids.every(isGone));
});
