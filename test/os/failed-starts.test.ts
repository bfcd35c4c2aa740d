// Thousands of starts that fail, wherever they fail: no descriptor and no child is left of them.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { libc } from '../../supervisor/os/libc.ts';
import { createToolRunner } from '../../supervisor/os/tool.ts';
import { childrenOf } from '../support/container.ts';
import { until } from '../support/deadline.ts';
import { FaultyCalls } from '../support/faulty-calls.ts';
import type { SystemCalls } from '../../supervisor/os/system-calls.ts';
import { service } from '../support/specs.ts';
import { Supervised } from '../support/supervised.ts';

const PATH = { PATH: '/usr/bin:/bin' };
const STARTS = 2000;

const descriptors = (): readonly string[] => readdirSync('/proc/self/fd');

async function childless(): Promise<void> {
  await until('no child', () => childrenOf(process.pid).length === 0);
}

/** Four descriptors and one more: stdout, stderr, and what it is to write a newline to. */
const notifying = (more: Partial<ServiceSpec>): ServiceSpec =>
  service('s', { environment: PATH, readiness: { kind: 'notify-fd', fd: 3 }, ...more });

const FAILING: readonly (readonly [string, string, Partial<ServiceSpec>])[] = [
  ['ENOENT', 'a program that is nowhere', { command: ['no-such-program'] }],
  ['ENOENT', 'a path that does not exist', { command: ['/no/such/program'] }],
  ['EACCES', 'a file that is no program', { command: ['/etc/passwd'] }],
  ['ENOENT', 'a working directory that does not exist', { command: ['/bin/true'], workingDir: '/no/such' }],
];
for (const [errno, what, more] of FAILING)
  test(`${STARTS} times ${errno}: ${what}`, async () => {
    using supervised = new Supervised();
    const start = (): void => {
      const { launch } = supervised.launch(notifying(more));
      assert.equal(launch.kind === 'failed' && launch.error.code, errno);
    };
    // What the first one loads stays.
    start();
    const before = descriptors();
    for (let count = 1; count < STARTS; count++) start();
    assert.deepEqual(descriptors(), before);
    await childless();
    assert.equal(supervised.exits.size, 0);
  });

const INJECTED: readonly (readonly ['pipe' | 'spawn' | 'sessionOf', number])[] = [
  ['pipe', 0],
  ['pipe', 1],
  ['pipe', 2],
  ['spawn', 0],
];
for (const [call, after] of INJECTED)
  test(`${STARTS} times a ${call} that fails after ${after} others`, async () => {
    const faulty = new FaultyCalls<SystemCalls>(libc);
    using supervised = new Supervised(faulty.calls);
    const before = descriptors();
    for (let count = 0; count < STARTS; count++) {
      faulty.fail({ call, errno: 'EMFILE', after, times: 1 });
      const { launch } = supervised.launch(notifying({ command: ['/bin/true'] }));
      assert.equal(launch.kind === 'failed' && launch.error.code, 'EMFILE');
      faulty.clear();
    }
    assert.deepEqual(descriptors(), before);
    await childless();
  });

test('200 tools that cannot be started: no program, no pipe, not wanted any more', async () => {
  const faulty = new FaultyCalls<SystemCalls>(libc);
  using supervised = new Supervised(faulty.calls);
  const tool = createToolRunner(faulty.calls, supervised.table);
  const request = { environment: PATH, workingDir: '/', timeoutMs: 5000 };
  const fail = async (): Promise<void> => {
    const outcome = await tool({ ...request, command: ['no-such-tool'] });
    assert.equal(outcome.kind, 'not-started');
    faulty.fail({ call: 'pipe', errno: 'EMFILE', times: 1 });
    assert.equal((await tool({ ...request, command: ['true'] })).kind, 'not-started');
    assert.equal((await tool({ ...request, command: ['true'] }, AbortSignal.abort())).kind, 'not-started');
    faulty.clear();
  };
  await fail();
  const before = descriptors();
  for (let count = 1; count < 200; count++) await fail();
  await until('every descriptor to be closed', () => descriptors().length <= before.length);
  await childless();
});
